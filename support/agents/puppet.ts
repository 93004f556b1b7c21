import { contracts } from '../rpc/contracts'
import type { Data } from '../rpc/contracts/contract'
import { aborting, ActionFailed, type Agent } from '../rpc/server/agent'

export interface PuppetStatus {
  enabled: boolean
  applying: boolean
  daemon: boolean
  /** Seconds since 1970; 0 when there was no run yet. */
  lastrun: number
  disable_message: string
}

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
}

/** A host's puppet agent. */
export interface Puppet {
  status(): Promise<PuppetStatus> | PuppetStatus
  summary(): Promise<PuppetSummary> | PuppetSummary
  /** Starts a run and resolves with a description once the run has begun. The run goes on by itself. */
  run(how: PuppetRun): Promise<string> | string
  enable(): Promise<void> | void
  disable(message: string): Promise<void> | void
}

export function puppetAgent(puppet: Puppet, now: () => number): Agent {
  const seconds = () => Math.floor(now() / 1000)
  const switched = async (enabled: boolean) => {
    if ((await puppet.status()).enabled !== enabled)
      throw new ActionFailed(`Puppet is ${enabled ? 'still disabled' : 'still enabled'} afterwards`, {
        status: '',
        enabled: !enabled,
      })
    return { status: enabled ? 'enabled' : 'disabled', enabled }
  }
  return {
    contract: contracts.puppet,
    actions: aborting({
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
      async runonce(inputs) {
        const { enabled, applying, disable_message } = await puppet.status()
        const why = disable_message === '' ? '' : `: '${disable_message}'`
        if (!enabled)
          throw new ActionFailed(`Puppet is disabled${why}`, { summary: `Puppet is disabled${why}` })
        if (applying) throw new ActionFailed('Puppet is currently applying a catalog; cannot run now')
        const { force, process_results: _, ...options } = inputs
        const initiated_at = seconds()
        const summary = await puppet.run({ force: force === true, options: plain(options) })
        return { summary, initiated_at }
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
