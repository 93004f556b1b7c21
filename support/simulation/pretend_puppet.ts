import type { Puppet, PuppetReport, PuppetStatus, WholeReport } from '../agents/puppet'

/** The code of a puppet master, for one host. */
export interface PuppetCode {
  /** The version of the catalog. */
  release: string
  /** The changes, by resource, that a run makes. */
  changes: Readonly<Record<string, string>>
}

interface Faults {
  /** Returns the fault that the host shows now. */
  fault: () => string | undefined
  isMended: () => boolean
}

/** Milliseconds that a run takes. */
const RUN_MS = 200
const CODE: PuppetCode = { release: 'simulated', changes: {} }

/** Returns a puppet whose runs take a moment, and make the changes of its code once. */
export function pretendPuppet(
  { release, changes }: PuppetCode = CODE,
  now: () => number,
  { fault, isMended }: Faults,
): Puppet & { really(): readonly string[] } {
  const state: PuppetStatus = {
    enabled: true,
    applying: false,
    daemon: true,
    lastrun: 0,
    disable_message: '',
  }
  const pending = new Map(Object.entries(changes))
  let report: PuppetReport = { found: 'none' }
  let ending: { run: string; at: number; end: () => void } | undefined
  const settle = () => {
    if (ending === undefined || now() < ending.at) return
    const { end } = ending
    ending = undefined
    end()
  }
  const run = (name: string, noop: boolean) => {
    const shown = fault()
    const began = now()
    const at = shown === 'puppet hangs' ? Infinity : began + RUN_MS
    const end = () => {
      if (shown === 'puppet is killed') return
      const failed = shown === 'puppet fails' ? ['Exec[simulated]'] : []
      const made = failed.length > 0 || shown === 'puppet gets no catalog' ? [] : [...pending]
      if (!noop) for (const [resource] of made) pending.delete(resource)
      state.lastrun = Math.floor(now() / 1000)
      report = {
        found: 'whole',
        run: name,
        transaction: name,
        began: new Date(began).toISOString(),
        config_version: shown === 'puppet gets no catalog' ? 'kept' : release,
        environment: 'production',
        noop,
        status: failed.length > 0 ? 'failed' : made.length > 0 && !noop ? 'changed' : 'unchanged',
        completed: true,
        catalog: shown === 'puppet gets no catalog' ? 'on_failure' : 'not_used',
        ...countsOf(failed, made),
      }
    }
    ending = { run: name, at, end }
  }
  return {
    status() {
      settle()
      const isDisabled = fault() === 'puppet is disabled' && !isMended()
      return {
        ...state,
        ...(isDisabled ? { enabled: false, disable_message: 'maintenance' } : {}),
        applying: ending !== undefined || fault() === 'puppet is running',
      }
    },
    summary: () => ({ resources: {}, time: {}, version: {} }),
    report() {
      settle()
      return report
    },
    isGoing(name) {
      settle()
      return ending?.run === name
    },
    run({ run: name, options }) {
      // A host that lies tells of a run that it has not begun.
      if (fault() !== 'lies') run(name, options['noop'] === true)
      return 'Started a Puppet run'
    },
    enable: () => void Object.assign(state, { enabled: true, disable_message: '' }),
    disable: (message) => void Object.assign(state, { enabled: false, disable_message: message }),
    really() {
      settle()
      return [...pending].map(([resource, change]) => `puppet ${resource} ${change}`).sort()
    },
  }
}

function countsOf(
  failed: string[],
  made: readonly (readonly [string, string])[],
): Pick<
  WholeReport,
  | 'total'
  | 'failed'
  | 'failed_count'
  | 'failed_to_restart'
  | 'failed_to_restart_count'
  | 'skipped_count'
  | 'changes'
  | 'changes_count'
> {
  return {
    total: failed.length + made.length,
    failed,
    failed_count: failed.length,
    failed_to_restart: [],
    failed_to_restart_count: 0,
    skipped_count: 0,
    changes: made.map(([resource, change]) => ({ resource, change })),
    changes_count: made.length,
  }
}
