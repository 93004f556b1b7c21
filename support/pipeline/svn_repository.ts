import type { SvnSettings } from '../config/svn_setting'
import type { CommandEnv, CommandResult, CommandRunner } from '../system/command'
import { pickReason } from '../system/reason'
import { INHERITED, SSH } from './git'
import type { SvnLine } from './svn_refs'

/** The repository as a whole: which one it is, and its last revision. */
export interface SvnHead {
  uuid: string
  youngest: number
}

const WITHIN_MS = 600_000
const MAX_LIST = 64 * 1024 * 1024
/** What Subversion says of a path that is not there in a revision. */
const NOT_THERE = /\b(?:[EW]160013|W170000)\b/
/** An entry of a list; its attributes come in any order. */
const ENTRY = /<entry\s([^>]*)>([\s\S]*?)<\/entry>/g

/** Asks a Subversion repository, by its own program, without prompts. */
export class SvnRepository {
  constructor(
    private readonly run: CommandRunner,
    private readonly settings: SvnSettings,
    /** The variables by which a program that outlived a kill of its starter is found. */
    private readonly env: CommandEnv,
  ) {}

  /** Returns which repository it is, or why it cannot be asked. An address that is no more is asked for above it. */
  async head(signal: AbortSignal, address = this.settings.address): Promise<SvnHead | { why: string }> {
    const asked = await this.ask('info', `${address}@HEAD`, signal)
    const uuid = /<uuid>([0-9a-f-]{36})<\/uuid>/.exec(asked.stdout)?.[1]
    const youngest = Number(/<entry\s[^>]*revision="(\d+)"/.exec(asked.stdout)?.[1])
    if (asked.exitCode === 0 && uuid !== undefined && Number.isSafeInteger(youngest))
      return { uuid, youngest }
    const above = /^([a-z+]+:\/\/.*[^/])\/[^/]+$/.exec(address)?.[1]
    return isNotThere(asked) && above !== undefined ? this.head(signal, above) : { why: faultOfSvn(asked) }
  }

  /** Returns the lines that are there in a revision, or why they cannot be listed. */
  async linesAt(revision: number, signal: AbortSignal): Promise<SvnLine[] | { why: string }> {
    const { address, layout } = this.settings
    if (layout === 'trunk') {
      const asked = await this.entries('info', `${address}@${revision}`, signal)
      return 'why' in asked ? asked : asked.map(({ changedIn }) => ({ kind: 'trunk', path: '', changedIn }))
    }
    const all = await this.entries('list', `${address}@${revision}`, signal)
    if ('why' in all) return all
    const lines: SvnLine[] = []
    for (const { name, changedIn } of all) {
      if (name === 'trunk') lines.push({ kind: 'trunk', path: name, changedIn })
      const kind = name === 'branches' ? 'branch' : name === 'tags' ? 'tag' : undefined
      if (kind === undefined) continue
      const below = await this.entries('list', `${address}/${name}@${revision}`, signal)
      if ('why' in below) return below
      for (const each of below) lines.push({ kind, path: `${name}/${each.name}`, changedIn: each.changedIn })
    }
    return lines
  }

  /** Returns the folders; none where the path itself is not there. */
  private async entries(command: 'info' | 'list', target: string, signal: AbortSignal) {
    const asked = await this.ask(command, target, signal)
    if (asked.exitCode !== 0) return isNotThere(asked) ? [] : { why: faultOfSvn(asked) }
    return parseFolders(asked.stdout)
  }

  private ask(command: string, target: string, signal: AbortSignal): Promise<CommandResult> {
    return this.run('svn', [command, '--xml', '--non-interactive', '--', target], {
      signal,
      within: WITHIN_MS,
      inherits: (name) => INHERITED.has(name),
      // Names of other letters than those of ASCII are refused without it.
      env: { ...this.env, SVN_SSH: SSH, LC_ALL: 'C.UTF-8', LANG: 'C.UTF-8' },
      outputAtMost: MAX_LIST,
    })
  }
}

/** Returns the folders of what `--xml` prints. A line that was overlooked would be taken for one that was removed. */
export function parseFolders(xml: string): { name: string; changedIn: number }[] | { why: string } {
  const folders: { name: string; changedIn: number }[] = []
  const entries = [...xml.matchAll(ENTRY)]
  if (!/<\/(?:lists|info)>\s*$/.test(xml) || entries.length !== xml.split('<entry').length - 1)
    return { why: 'svn printed something else than a list' }
  for (const [, attributes = '', body = ''] of entries) {
    const kind = /\bkind="(\w+)"/.exec(attributes)?.[1]
    const name = /<name>([^<]*)<\/name>/.exec(body)?.[1] ?? ''
    const changedIn = Number(/<commit\s+revision="(\d+)"/.exec(body)?.[1])
    if (kind === undefined || !Number.isSafeInteger(changedIn))
      return { why: 'svn printed an entry without its kind or its revision' }
    if (kind === 'dir') folders.push({ name: unescape(name), changedIn })
  }
  return folders
}

function isNotThere({ exitCode, output }: CommandResult): boolean {
  return exitCode === 1 && NOT_THERE.test(output)
}

/** What to do about what Subversion says, by its code. */
const HINTS: Readonly<Record<string, string>> = {
  E215004: 'it needs a password: let svn store it by one svn info as the user of lockstep serve',
  E170001: 'the user of lockstep serve may not log in or read there: see what svn info says as that user',
  E175013: 'the user of lockstep serve may not read there: see what svn info says as that user',
  E230001: 'accept the certificate for good by one svn info as the user of lockstep serve',
  E210002: 'see what ssh to that machine says as the user of lockstep serve',
}

/** Returns why svn failed, in one line, and what to do where that is known. */
export function faultOfSvn({
  exitCode,
  output,
  failure,
}: Pick<CommandResult, 'exitCode' | 'output' | 'failure'>): string {
  if (failure !== undefined) return failure.replace(/^it /, 'svn ')
  const [last] = [...output.matchAll(/^svn: (?:warning: )?([EW]\d+): (.*)$/gm)].slice(-1)
  const [, code = '', said = ''] = last ?? []
  if (last === undefined) return pickReason(output) || `svn exited with ${exitCode}`
  const hint = HINTS[code]
  return `${code}: ${said}${hint === undefined ? '' : ` (${hint})`}`
}

const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" }

/** Returns the text that XML has written with entities. */
function unescape(text: string): string {
  return text.replace(/&(?:#(\d{1,7})|#x([0-9a-fA-F]{1,6})|(\w+));/g, (whole, decimal, hex, name: string) => {
    if (name !== undefined) return ENTITIES[name] ?? whole
    const code = decimal === undefined ? parseInt(hex as string, 16) : Number(decimal)
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole
  })
}
