import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { CommandRunner } from '../../system/command'
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
      const line = commandsIn(places).get(name)
      if (line === undefined) return undefined
      const [program, ...args] = wordsOf(line) ?? []
      if (program === undefined)
        return unknown(`UNKNOWN: the command of ${name} needs a shell or arguments, and gets neither`)
      const { exitCode, output, failure } = await run(program, args, { within: WITHIN })
      return failure === undefined ? resultOf(exitCode, output) : unknown(`UNKNOWN: ${failure}`)
    },
    names: () => [...commandsIn(places).keys()],
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
function commandsIn({ folder, file }: NrpePlaces): Map<string, string> {
  const commands = new Map<string, string>()
  const read = (path: string, depth: number) => {
    if (depth > MAX_INCLUDES) return
    for (const line of linesOf(path)) {
      const [, name, command] = /^command\[([\w.-]+)\]\s*=\s*(.+)$/.exec(line) ?? []
      if (name !== undefined && command !== undefined) commands.set(name, command)
      const [, kind, target] = /^(include|include_file|include_dir)\s*=\s*(\S+)$/.exec(line) ?? []
      if (target === undefined) continue
      if (kind === 'include_dir') for (const each of cfgFilesIn(target)) read(each, depth + 1)
      else read(target, depth + 1)
    }
  }
  for (const path of cfgFilesIn(folder)) read(path, 0)
  if (file !== undefined) read(file, 0)
  return commands
}

function linesOf(path: string): string[] {
  try {
    return readFileSync(path, 'utf8')
      .split(/\r?\n/)
      .map((line) => line.trim())
      .filter((line) => line !== '' && !line.startsWith('#'))
  } catch {
    return []
  }
}

function cfgFilesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith('.cfg'))
      .sort()
      .map((name) => join(folder, name))
      .filter((path) => statSync(path).isFile())
  } catch {
    return []
  }
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
