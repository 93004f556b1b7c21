import { createHash } from 'node:crypto'
import type { Puppet, PuppetStatus, WholeReport } from '../agents/puppet'
import type { AppliedReport, FoundCode, PuppetCode as PackedCode } from '../agents/puppet_code'

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

/**
 * Returns a puppet whose runs take a moment, and make the changes of its code once. `packed` applies the same code
 * without a master, under any name of an application.
 */
export function pretendPuppet(
  { release, changes }: PuppetCode = CODE,
  now: () => number,
  { fault, isMended }: Faults,
): Puppet & { packed: PackedCode; really(): readonly string[] } {
  const state: PuppetStatus = {
    enabled: true,
    applying: false,
    daemon: true,
    lastrun: 0,
    disable_message: '',
  }
  const pending = new Map(Object.entries(changes))
  let report: AppliedReport = { found: 'none' }
  const digest = createHash('sha256').update(release).digest('hex')
  let ending: { run: string; at: number; end: () => void } | undefined
  const settle = () => {
    if (ending === undefined || now() < ending.at) return
    const { end } = ending
    ending = undefined
    end()
  }
  const run = (name: string, noop: boolean, code?: string) => {
    const shown = fault()
    const isKept = shown === 'puppet gets no catalog'
    const began = now()
    const at = shown === 'puppet hangs' ? Infinity : began + RUN_MS
    const end = () => {
      // Without a master there is no catalog that was kept: code that does not compile leaves no report.
      if (shown === 'puppet is killed' || (isKept && code !== undefined)) {
        report =
          code === undefined ? report : { found: 'unreadable', problem: 'was not written: it was ended' }
        return
      }
      const failed = shown === 'puppet fails' ? ['Exec[simulated]'] : []
      const made = failed.length > 0 || isKept ? [] : [...pending]
      if (!noop) for (const [resource] of made) pending.delete(resource)
      state.lastrun = Math.floor(now() / 1000)
      report = {
        found: 'whole',
        run: name,
        transaction: name,
        began: new Date(began).toISOString(),
        config_version: isKept ? 'kept' : release,
        environment: 'production',
        noop,
        status: failed.length > 0 ? 'failed' : made.length > 0 && !noop ? 'changed' : 'unchanged',
        completed: true,
        catalog: isKept ? 'on_failure' : 'not_used',
        ...countsOf(failed, made),
        ...(code === undefined ? {} : { code, digest, resources: Math.max(1, pending.size) }),
      }
    }
    ending = { run: name, at, end }
  }
  const packed: PackedCode = {
    async look(name = 'simulated') {
      const found = codeOf(name, digest)
      if (fault() === 'has open code') throw new Error(`${found.folder} can be written by others (mode 0775)`)
      if (fault() !== 'has other modules') return found
      return { ...found, modules: found.modules.map((module) => ({ ...module, version: '0.9.0' })) }
    },
    async apply({ code, run: name, noop }) {
      if (fault() !== 'lies') run(name, noop, code)
      return 'Started puppet apply'
    },
    report: () => undefined,
    isGoing: () => undefined,
  }
  return {
    packed,
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

/** Returns code with one module, which is the one of its Puppetfile. */
function codeOf(code: string, digest: string): FoundCode {
  const module = { name: 'stdlib', full: 'puppetlabs-stdlib' }
  return {
    code,
    folder: `/srv/${code}/puppet`,
    digest,
    files: 1,
    modules: [{ ...module, version: '1.0.0', commit: '', tags: [], also: '' }],
    puppetfile: 'whole',
    problem: '',
    declared: [{ line: 1, ...module, kind: 'version', value: '1.0.0' }],
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
  | 'skipped'
  | 'skipped_count'
  | 'against_noop'
  | 'against_noop_count'
  | 'changes'
  | 'changes_count'
> {
  return {
    total: failed.length + made.length,
    failed,
    failed_count: failed.length,
    failed_to_restart: [],
    failed_to_restart_count: 0,
    skipped: [],
    skipped_count: 0,
    against_noop: [],
    against_noop_count: 0,
    changes: made.map(([resource, change]) => ({ resource, change })),
    changes_count: made.length,
  }
}
