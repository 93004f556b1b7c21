import type { Data } from '../rpc/contracts/contract'
import { ActionFailed, type Action } from '../rpc/server/agent'
import { puppetRunOf } from '../system/puppet_run'
import type { PuppetReport, PuppetStatus } from './puppet_state'

/** The puppet code that is packed with applications, in folders that the host's own configuration names. */
export interface PuppetCode {
  /**
   * Looks at code; without a name, at the only one that there is.
   * @throws Error when there is none of this name, or others than root could change it
   */
  look(name: string | undefined, signal: AbortSignal): Promise<FoundCode>
  /**
   * Starts a run that applies code, and resolves with a description once it has begun. It goes on by itself.
   * @throws Error when the code is other than ordered, or others than root could change it
   */
  apply(order: ApplyOrder, signal: AbortSignal): Promise<string>
  /** Returns the report of a run, or that of the last one; undefined where this has begun no such run. */
  report(run: string | undefined): AppliedReport | undefined
  /** Returns whether the process of a run is there; undefined where that cannot be seen. */
  isGoing(run: string): boolean | undefined
}

export interface ApplyOrder {
  code: string
  /** The SHA-256 that the code has to have, in hexadecimal digits. */
  digest: string
  noop: boolean
  run: string
}

/** A report, and for one that is whole the code that was applied. */
export type AppliedReport = PuppetReport & {
  code?: string
  digest?: string
  /** When the run began, of one without a report as well, in ISO 8601. */
  began?: string
  /** Resources of the code; those that puppet itself adds to each catalog are not counted. */
  resources?: number
}

export interface FoundCode {
  code: string
  folder: string
  digest: string
  files: number
  modules: CodeModule[]
  puppetfile: 'whole' | 'none' | 'unreadable'
  /** The reason why the Puppetfile cannot be read, with its line. */
  problem: string
  declared: DeclaredModule[]
}

/** A module in the folder of modules. What is not known is empty. */
export interface CodeModule {
  name: string
  /** The name in its metadata.json, with the owner, such as puppetlabs-apache. */
  full: string
  version: string
  commit: string
  /** The tags that its own repository has at that commit. */
  tags: string[]
  /** The other folder of modules that has one of this name too; puppet takes the first. */
  also: string
}

/** A module of a Puppetfile. `kind` says what `value` is; of one that is not judged, it is what is written there. */
export interface DeclaredModule {
  line: number
  name: string
  full: string
  kind: 'version' | 'commit' | 'tag' | 'present' | 'not judged'
  value: string
}

/** Returns the actions for puppet code of a host. Without folders that its configuration names, they say so. */
export function codeActions(
  code: PuppetCode | undefined,
  status: () => Promise<PuppetStatus> | PuppetStatus,
): Record<'code' | 'apply', Action> {
  const configured = () => {
    if (code !== undefined) return code
    throw new ActionFailed(
      'This host’s configuration names no folder of puppet code: set plugin.puppet.code.<application> to one',
    )
  }
  return {
    async code({ code: name }, { signal }) {
      const found = await configured().look(typeof name === 'string' ? name : undefined, signal)
      return { ...found, modules: rows(found.modules), declared: rows(found.declared) }
    },
    async apply({ code: name, digest, noop }, { requestid, signal }) {
      const folders = configured()
      await expectReady(status)
      const run = puppetRunOf(requestid)
      const order = { code: text(name), digest: text(digest), noop: noop === true, run }
      return { summary: await folders.apply(order, signal), run }
    },
  }
}

/** Returns a puppet whose last report is the latest of its own and those of code that was applied. */
export function latestReport(
  own: PuppetReport,
  code: PuppetCode | undefined,
  run: string | undefined,
): AppliedReport {
  const ordered = run === undefined ? undefined : code?.report(run)
  if (ordered !== undefined) return ordered
  const applied = code?.report(undefined)
  // A report that cannot be read may be the later one.
  if (applied === undefined || own.found === 'unreadable') return own
  return own.found === 'whole' && own.began > (applied.began ?? '') ? own : applied
}

/** Expects that a run may begin now. @throws ActionFailed when puppet is disabled, or runs */
export async function expectReady(status: () => Promise<PuppetStatus> | PuppetStatus): Promise<void> {
  const { enabled, applying, disable_message } = await status()
  const why = disable_message === '' ? '' : `: '${disable_message}'`
  if (!enabled) throw new ActionFailed(`Puppet is disabled${why}`, { summary: `Puppet is disabled${why}` })
  if (applying) throw new ActionFailed('Puppet is currently applying a catalog; cannot run now')
}

function text(value: Data | undefined): string {
  return typeof value === 'string' ? value : ''
}

function rows(list: readonly (CodeModule | DeclaredModule)[]): Data[] {
  return list.map((each) => ({ ...each }))
}
