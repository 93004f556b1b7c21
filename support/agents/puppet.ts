import { contracts } from '../rpc/contracts'
import type { Data } from '../rpc/contracts/contract'
import { puppetRunOf } from '../system/puppet_run'
import { aborting, ActionFailed, type Agent } from '../rpc/server/agent'
import { codeActions, expectReady, latestReport, type PuppetCode } from './puppet_code'
import type { PuppetReport, PuppetStatus } from './puppet_state'

export type { PuppetReport, PuppetStatus, WholeReport } from './puppet_state'

/** The results of the last run, in puppet's own sections. */
export interface PuppetSummary {
  resources: Readonly<Record<string, number>>
  time: Readonly<Record<string, number>>
  version: Readonly<Record<string, Data>>
}

export interface PuppetRun {
  /** True for a run at once, without the splay that keeps many hosts from coming at the same time. */
  force: boolean
  /** Other options by puppet's names, checked by the contract. */
  options: Readonly<Record<string, string | number | boolean>>
  /** The name under which puppet writes the report of this run. */
  run: string
}

/** A host's puppet agent. */
export interface Puppet {
  status(): Promise<PuppetStatus> | PuppetStatus
  summary(): Promise<PuppetSummary> | PuppetSummary
  /** Starts a run and resolves with a description once the run has begun. The run goes on by itself. */
  run(how: PuppetRun): Promise<string> | string
  enable(): Promise<void> | void
  disable(message: string): Promise<void> | void
  report(): Promise<PuppetReport> | PuppetReport
  /** Returns whether the process of an ordered run is there; undefined where that cannot be seen. */
  isGoing(run: string): Promise<boolean | undefined> | boolean | undefined
}

const NOT_YET: PuppetReport = { found: 'unreadable', problem: 'is not read while its run goes on' }

/** Returns the agent of a host's puppet; `code` is that of applications, where its configuration names any. */
export function puppetAgent(puppet: Puppet, now: () => number, code?: PuppetCode): Agent {
  const seconds = () => Math.floor(now() / 1000)
  const switched = async (enabled: boolean) => {
    if ((await puppet.status()).enabled !== enabled)
      throw new ActionFailed(`Puppet is ${enabled ? 'still disabled' : 'still enabled'} afterwards`, {
        status: '',
        enabled: !enabled,
      })
    return { status: enabled ? 'enabled' : 'disabled', enabled }
  }
  const isGoing = async (run: string) => {
    const found = [await puppet.isGoing(run), code?.isGoing(run)]
    return found.includes(true) ? true : found.includes(false) ? false : undefined
  }
  return {
    contract: contracts.puppet,
    actions: aborting({
      ...codeActions(code, () => puppet.status()),
      async status() {
        const { daemon, ...status } = await puppet.status()
        const since = seconds() - status.lastrun
        const shown = formatStatus(status, daemon)
        return {
          ...status,
          status: shown,
          idling: daemon && !status.applying,
          daemon_present: daemon,
          since_lastrun: since,
          message: `Currently ${shown}; last completed run ${since} seconds ago`,
        }
      },
      async last_run_summary() {
        const [{ lastrun }, { resources, time, version }] = [await puppet.status(), await puppet.summary()]
        return {
          lastrun,
          since_lastrun: seconds() - lastrun,
          failed_resources: resources['failed'] ?? 0,
          changed_resources: resources['changed'] ?? 0,
          out_of_sync_resources: resources['out_of_sync'] ?? 0,
          corrected_resources: resources['corrective_change'] ?? 0,
          total_resources: resources['total'] ?? 0,
          config_retrieval_time: time['config_retrieval'] ?? 0,
          total_time: time['total'] ?? 0,
          config_version: version['config'] ?? 'unknown',
          summary: { resources: { ...resources }, time: { ...time }, version: { ...version } },
        }
      },
      async report({ run }) {
        // The process is looked for first: once it is gone, its report does not change any more.
        const ordered = typeof run === 'string' ? run : undefined
        const going = ordered === undefined ? undefined : await isGoing(ordered)
        const { enabled, applying, disable_message } = await puppet.status()
        // The report that is there meanwhile is of a run before, and to read a large one takes the host a second.
        const report = going === true ? NOT_YET : latestReport(await puppet.report(), code, ordered)
        return {
          enabled,
          applying,
          disable_message,
          going: going === undefined ? 'not known' : going ? 'yes' : 'no',
          ...report,
        }
      },
      async runonce(inputs, { requestid }) {
        await expectReady(() => puppet.status())
        const { force, process_results: _, ...options } = inputs
        const initiated_at = seconds()
        const run = puppetRunOf(requestid)
        const summary = await puppet.run({ force: force === true, options: plain(options), run })
        return { summary, initiated_at, run }
      },
      async enable() {
        if ((await puppet.status()).enabled)
          throw new ActionFailed('Puppet is already enabled', { status: '', enabled: true })
        await puppet.enable()
        return switched(true)
      },
      async disable(inputs, { callerid }) {
        if (!(await puppet.status()).enabled)
          throw new ActionFailed('Puppet is already disabled', { status: '', enabled: false })
        const { message } = inputs
        await puppet.disable(
          typeof message === 'string' && message !== '' ? message : `Disabled via MCollective by ${callerid}`,
        )
        return switched(false)
      },
    }),
  }
}

function formatStatus(
  { enabled, applying }: { enabled: boolean; applying: boolean },
  daemon: boolean,
): string {
  if (!enabled) return 'disabled'
  if (applying) return 'applying a catalog'
  return daemon ? 'idling' : 'stopped'
}

function plain(inputs: Readonly<Record<string, Data>>): PuppetRun['options'] {
  const options: Record<string, string | number | boolean> = {}
  for (const [name, value] of Object.entries(inputs))
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
      options[name] = value
  return options
}
