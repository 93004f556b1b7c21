import { pickReason } from '../../system/reason'
import type { Answer } from './answers'

/** A change that a run of puppet made to a resource, or would have made. */
export interface PuppetChange {
  resource: string
  change: string
}

/** The report of a host's last run, as its puppet agent tells it. */
export interface PuppetReport {
  run: string
  /** Milliseconds since 1970, by the clock of the host. */
  began: number
  configVersion: string
  noop: boolean
  status: string
  completed: boolean
  catalog: string
  failed: readonly string[]
  failedCount: number
  unrestartedCount: number
  /** Resources that were not looked at, so that it is not known whether they are as they should be. */
  skipped: readonly string[]
  skippedCount: number
  /** Resources that a run in noop has changed, or that another run has left in noop. */
  againstNoop: readonly string[]
  againstNoopCount: number
  changes: readonly PuppetChange[]
  /** The number of all changes; more than `changes` where the agent has left some out. */
  changesCount: number
  /** The code that was applied without a master, and its SHA-256; absent for a catalog of a master's. */
  code?: { name: string; digest: string }
  /** How many resources that code has, beside those that puppet adds to each catalog. */
  resources?: number
}

/** The state of a host's puppet, and its last report or why there is none. */
export interface PuppetAnswer {
  enabled: boolean
  applying: boolean
  disableMessage: string
  /** Whether the process of the run that was asked for is there. */
  going: 'yes' | 'no' | 'not known'
  report: PuppetReport | { none: string }
  /** True where the host has no report of any run, and false where it has one that cannot be read. */
  hasNoRun: boolean
}

/** Returns what a puppet agent tells of its last run; a sentence where it tells nothing that can be relied on. */
export function readPuppetAnswer(answer: Answer): PuppetAnswer | string {
  if (answer.kind === 'failed')
    return lacksReport(answer) ? NO_REPORT : pickReason(answer.message) || 'failed without saying why'
  if (answer.kind !== 'answered') return answer.kind
  const { enabled, applying, disable_message, going } = answer.data
  if (typeof enabled !== 'boolean' || typeof applying !== 'boolean') return 'does not say how its puppet is'
  return {
    enabled,
    applying,
    disableMessage: text(disable_message),
    going: going === 'yes' || going === 'no' ? going : 'not known',
    report: reportIn(answer.data),
    hasNoRun: answer.data['found'] === 'none',
  }
}

/** Returns whether a host's agent is one without reports, as Ruby's is. */
export function lacksReport(answer: Answer): boolean {
  return answer.kind === 'failed' && /^unknown action\b/i.test(answer.message)
}

const NO_REPORT = 'its puppet agent has no action report, so that no run can be told from another'

function reportIn(data: Readonly<Record<string, unknown>>): PuppetReport | { none: string } {
  if (data['found'] === 'none') return { none: 'has no report of any run' }
  if (data['found'] !== 'whole')
    return { none: `its report ${text(data['problem']) || 'is not told in a form that is known'}` }
  const began = Date.parse(text(data['began']))
  const [failedCount, unrestartedCount, skippedCount, againstNoopCount, changesCount] = COUNTS.map(
    (name) => data[name],
  )
  if (
    Number.isNaN(began) ||
    !isCount(failedCount) ||
    !isCount(unrestartedCount) ||
    !isCount(skippedCount) ||
    !isCount(againstNoopCount) ||
    !isCount(changesCount) ||
    typeof data['noop'] !== 'boolean' ||
    typeof data['completed'] !== 'boolean'
  )
    return { none: 'its report is not told in a form that is known' }
  return {
    run: text(data['run']),
    began,
    configVersion: text(data['config_version']),
    noop: data['noop'],
    status: text(data['status']),
    completed: data['completed'],
    catalog: text(data['catalog']),
    failed: list(data['failed']).map(text),
    failedCount,
    unrestartedCount,
    skipped: list(data['skipped']).map(text),
    skippedCount,
    againstNoop: list(data['against_noop']).map(text),
    againstNoopCount,
    changes: list(data['changes']).map((each) => {
      const { resource, change } = (each ?? {}) as { resource?: unknown; change?: unknown }
      return { resource: text(resource), change: text(change) }
    }),
    changesCount,
    ...codeIn(data),
  }
}

function codeIn({
  code,
  digest,
  resources,
}: Readonly<Record<string, unknown>>): Pick<PuppetReport, 'code' | 'resources'> {
  if (typeof code !== 'string' || typeof digest !== 'string') return {}
  return { code: { name: code, digest }, ...(isCount(resources) ? { resources } : {}) }
}

const COUNTS = [
  'failed_count',
  'failed_to_restart_count',
  'skipped_count',
  'against_noop_count',
  'changes_count',
] as const

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
