import { dirname } from 'node:path'
import type { CommandRunner } from '../../system/command'
import { readTexts, type HostText, type Wanted } from '../../system/host_texts'
import type { CheckResult, Checks } from '../nrpe'

export interface NrpePlaces {
  folder: string
  file: string | undefined
}

/** Milliseconds that a check may take: less than the agent's own time. */
const WITHIN = 18_000
/** Characters of a plugin's output, by NRPE's own limit. */
const MAX_OUTPUT = 8_192
const MAX_INCLUDES = 16

/**
 * Returns the checks of NRPE's own configuration: `command[name]=line`, in its file, in the files that it includes, and
 * in `*.cfg` of a folder. A line is split into words and never given to a shell. A line that needs a shell, or
 * arguments to be filled in, is UNKNOWN and says so.
 */
export function nrpeCommands(places: NrpePlaces, run: CommandRunner): Checks {
  return {
    async run(name) {
      const line = (await commandsIn(places, run)).get(name)
      if (line === undefined) return undefined
      const [program, ...args] = wordsOf(line) ?? []
      if (program === undefined)
        return unknown(`UNKNOWN: the command of ${name} needs a shell or arguments, and gets neither`)
      const { exitCode, output, failure } = await run(program, args, { within: WITHIN })
      return failure === undefined ? resultOf(exitCode, output) : unknown(`UNKNOWN: ${failure}`)
    },
    names: async () => [...(await commandsIn(places, run)).keys()],
  }
}

/** Returns the words of a command line with its quotes, or undefined for a line that needs a shell. */
export function wordsOf(line: string): string[] | undefined {
  const words: string[] = []
  let rest = line.trim()
  while (rest !== '') {
    const [whole = '', ...quoted] =
      /^(?:'([^']*)'|"([^"\\$`]*)"|([^\s'"\\$`|&;<>()*?[\]{}~#!]+))(?=\s|$)/.exec(rest) ?? []
    if (whole === '') return undefined
    words.push(quoted.find((each) => each !== undefined) ?? '')
    rest = rest.slice(whole.length).trimStart()
  }
  return words.length === 0 ? undefined : words
}

/** Reads commands by name; of several with one name, the last one counts. */
async function commandsIn(places: NrpePlaces, run: CommandRunner): Promise<Map<string, string>> {
  const texts = await readAll(places, run)
  const commands = new Map<string, string>()
  const read = (path: string, depth: number) => {
    if (depth > MAX_INCLUDES) return
    for (const line of linesOf(texts.get(path))) {
      const [, name, command] = /^command\[([\w.-]+)\]\s*=\s*(.+)$/.exec(line) ?? []
      if (name !== undefined && command !== undefined) commands.set(name, command)
      for (const path of filesOf(includeIn(line) ?? [], texts)) read(path, depth + 1)
    }
  }
  for (const path of filesOf(wantedOf(places), texts)) read(path, 0)
  return commands
}

/** Reads the texts of all files, those that a file includes in one command with all others of its depth. */
async function readAll(places: NrpePlaces, run: CommandRunner): Promise<Map<string, HostText>> {
  const texts = new Map<string, HostText>()
  const asked = new Set<string>()
  let wanted = wantedOf(places)
  for (let depth = 0; wanted.length > 0 && depth <= MAX_INCLUDES; depth += 1) {
    wanted.forEach((each) => asked.add(JSON.stringify(each)))
    const found = await readTexts(run, wanted)
    for (const [path, text] of found) texts.set(path, text)
    const included = [...found.values()].flatMap((text) =>
      linesOf(text).flatMap((line) => includeIn(line) ?? []),
    )
    wanted = included.filter((each) => !asked.has(JSON.stringify(each)))
  }
  return texts
}

/** Returns what is read first: the file comes last, so that it counts. */
function wantedOf({ folder, file }: NrpePlaces): Wanted[] {
  return [cfgIn(folder), ...(file === undefined ? [] : [file])]
}

function cfgIn(folder: string): Wanted {
  return { folder: folder.replace(/(?!^)\/+$/, ''), end: CFG }
}

const CFG = '.cfg'

function includeIn(line: string): Wanted | undefined {
  const [, kind, target] = /^(include|include_file|include_dir)\s*=\s*(\S+)$/.exec(line) ?? []
  if (target === undefined) return undefined
  return kind === 'include_dir' ? cfgIn(target) : target
}

/** Returns the paths of what is wanted, those of a folder in the order of their names. */
function filesOf(wanted: Wanted | readonly Wanted[], texts: ReadonlyMap<string, HostText>): string[] {
  return [wanted].flat().flatMap((each) => {
    if (typeof each === 'string') return [each]
    return [...texts.keys()].filter((path) => dirname(path) === each.folder && path.endsWith(CFG)).sort()
  })
}

function linesOf(text: HostText): string[] {
  if (typeof text !== 'string') return []
  return text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
}

/**
 * Returns the result of a check. The exit code decides, and not the text. Performance data stands behind the first bar.
 */
function resultOf(exitCode: number | undefined, output: string): CheckResult {
  const text = output.slice(0, MAX_OUTPUT)
  const bar = text.indexOf('|')
  const shown = (bar < 0 ? text : text.slice(0, bar)).trim()
  return {
    exitcode: exitCode !== undefined && exitCode >= 0 && exitCode <= 3 ? exitCode : 3,
    output: shown === '' ? `UNKNOWN: the plugin printed nothing (exit status ${exitCode})` : shown,
    perfdata: bar < 0 ? '' : text.slice(bar + 1).trim(),
  }
}

function unknown(output: string): CheckResult {
  return { exitcode: 3, output, perfdata: '' }
}
