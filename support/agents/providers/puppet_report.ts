import { createHash } from 'node:crypto'
import type { HostFiles } from '../../system/host_files'
import type { PuppetReport, WholeReport } from '../puppet'
import { trimReport, type ReportText } from './puppet_report_text'

/** A longer report is not read: its daemon would stand still meanwhile. */
export const MAX_REPORT = 64_000_000
/** The longest text that is parsed, of what is left of a report. */
const MAX_PARSED = 1_000_000
const MAX_NAMES = 50
const MAX_CHANGES = 100
const MAX_TEXT = 200

/** Reads the report of a host's last run. A file that is not whole is said to be so, and is never taken for a run. */
export async function readReport(files: HostFiles, path: string): Promise<PuppetReport> {
  try {
    const text = await files.read(path, MAX_REPORT)
    return text === undefined ? { found: 'none' } : parseReport(text.toString('utf8'))
  } catch (error) {
    return { found: 'unreadable', problem: `cannot be read: ${(error as Error).message}` }
  }
}

/**
 * Parses what puppet wrote. Messages, differences of files and metrics are dropped before anything is parsed: they may
 * hold secrets. Ruby's tags are ignored, and nothing is made of them.
 */
export function parseReport(text: string): PuppetReport {
  const unreadable = (problem: string): PuppetReport => ({ found: 'unreadable', problem })
  if (!text.endsWith('\n')) return unreadable('is half-written: its last line has no end')
  const rest = trimReport(text)
  if (rest.yaml.length > MAX_PARSED) return unreadable(`has more than ${MAX_PARSED} characters of changes`)
  try {
    return readFields(plain(rest.yaml), rest)
  } catch {
    return unreadable('is half-written: it is no whole YAML')
  }
}

/**
 * Returns what a text in YAML says, with texts alone: a commit such as 12e5678 is no number.
 * @throws Error for a text that is no whole YAML
 */
function plain(yaml: string): unknown {
  const { parseDocument } = require('yaml') as typeof import('yaml')
  const document = parseDocument(yaml, { schema: 'failsafe', logLevel: 'silent' })
  const [error] = document.errors
  if (error !== undefined) throw error
  // Aliases are resolved to one object each, whose fields are read once: they cannot multiply.
  return document.toJS({ maxAliasCount: -1 }) as unknown
}

function readFields(found: unknown, rest: ReportText): PuppetReport {
  const fields = mapping(found)
  const { resource_statuses: resources } = fields
  // Puppet writes the last of these after all resources: a report that has it has lost none of them.
  const missing = [
    'transaction_uuid',
    'time',
    'status',
    'noop',
    'resource_statuses',
    'corrective_change',
  ].find((name) => fields[name] === undefined)
  if (missing !== undefined) return { found: 'unreadable', problem: `is half-written: it has no ${missing}` }
  if (typeof resources !== 'object' || resources === null || Array.isArray(resources))
    return { found: 'unreadable', problem: 'is half-written: its resources are none' }
  const began = Date.parse(word(fields['time']))
  if (Number.isNaN(began)) return { found: 'unreadable', problem: 'is half-written: its time is none' }
  const noop = isTrue(fields['noop'])
  return {
    found: 'whole',
    run: word(fields['job_id']),
    transaction: word(fields['transaction_uuid']),
    began: new Date(began).toISOString(),
    config_version: word(fields['configuration_version']),
    environment: word(fields['environment']),
    noop,
    status: word(fields['status']),
    completed: isTrue(fields['transaction_completed']),
    catalog: word(fields['cached_catalog_status']),
    ...resourcesIn(Object.entries(resources as Record<string, unknown>), noop, rest),
  }
}

type Outcomes = Pick<
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
>

function resourcesIn(
  resources: readonly (readonly [string, unknown])[],
  noop: boolean,
  rest: ReportText,
): Outcomes {
  const statuses = resources.map(([name, status]) => ({ name: cut(name), status: mapping(status) }))
  const named = (test: string) =>
    statuses.filter(({ status }) => isTrue(status[test])).map(({ name }) => name)
  const [failed, unrestarted, skipped] = [named('failed'), named('failed_to_restart'), named('skipped')]
  const all = statuses.flatMap(({ name, status }) =>
    changesOf(status, noop).map((each) => ({ resource: name, ...each })),
  )
  const refreshes = noop
    ? refreshesIn(rest).map((resource) => ({ resource: cut(resource), change: 'refresh' }))
    : []
  // The code says of a resource that it is in noop, or that it is not, whatever the run is.
  const against = [...new Set(all.filter(({ isMade }) => isMade === noop).map(({ resource }) => resource))]
  const changes = [
    ...all.filter(({ isMade }) => isMade !== noop).map(({ resource, change }) => ({ resource, change })),
    ...refreshes,
  ]
  return {
    total: statuses.length + rest.quiet,
    failed: failed.slice(0, MAX_NAMES),
    failed_count: failed.length,
    failed_to_restart: unrestarted.slice(0, MAX_NAMES),
    failed_to_restart_count: unrestarted.length,
    skipped: skipped.slice(0, MAX_NAMES),
    skipped_count: skipped.length,
    against_noop: against.slice(0, MAX_NAMES),
    against_noop_count: against.length,
    changes: changes.slice(0, MAX_CHANGES),
    changes_count: changes.length,
  }
}

/** Returns the resources that would have been refreshed. Puppet says so in messages alone, also of what only holds them. */
function refreshesIn({ refreshes, names }: ReportText): string[] {
  if (refreshes.length === 0) return []
  const known = new Set(
    names.map((name) => (/^[A-Z]/.test(name) && !name.includes('\n') ? name : String(plain(name)))),
  )
  return refreshes.flatMap((source) => {
    const path = String(plain(source))
    const starts = [...path.matchAll(/\//g)].map(({ index }) => path.slice(index + 1))
    return starts.filter((name) => known.has(name)).slice(0, 1)
  })
}

interface Changed {
  change: string
  /** False where it would have been made. */
  isMade: boolean
}

/** Returns what was, or would be, changed at one resource. One that is out of step without a word about it counts too. */
function changesOf(status: Readonly<Record<string, unknown>>, noop: boolean): Changed[] {
  const { events } = status
  const changes = (Array.isArray(events) ? events : []).map(mapping).flatMap((event): Changed[] => {
    const how = word(event['status'])
    if (how !== 'success' && how !== 'noop') return []
    return [{ change: describeEvent(event), isMade: how === 'success' }]
  })
  if (changes.length > 0 || isTrue(status['failed'])) return changes
  if (isTrue(status['changed'])) return [{ change: 'changes', isMade: true }]
  return isTrue(status['out_of_sync']) ? [{ change: 'changes', isMade: !noop }] : []
}

function describeEvent(event: Readonly<Record<string, unknown>>): string {
  const property = word(event['property'])
  if (property === '') return cut(word(event['name']).replaceAll('_', ' ') || 'changes')
  const isHidden = isTrue(event['redacted']) || MAY_BE_SECRET.test(property)
  const [from, to] = [event['previous_value'], event['desired_value']].map((value) =>
    isHidden ? REDACTED : describeState(value),
  )
  const change = `${from} → ${to}`
  return cut(property === 'ensure' ? change : `${property} ${change}`)
}

const REDACTED = '[redacted]'
const MAY_BE_SECRET = /pass|secret|token|key|credential|salt|private/i

/** Returns a value on one line. Texts of several lines are contents of files, and are not shown. */
function describeState(value: unknown): string {
  const text = typeof value === 'object' && value !== null ? JSON.stringify(value) : word(value)
  return text.includes('\n') || text.includes('\\n') ? '[several lines]' : text
}

function mapping(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {}
}

function isTrue(value: unknown): boolean {
  return value === 'true'
}

function word(value: unknown): string {
  return typeof value === 'string' ? cut(value) : ''
}

/** Returns a text that is not too long. Two texts that begin alike are told apart by their digests. */
function cut(text: string): string {
  if (text.length <= MAX_TEXT) return text
  return `${text.slice(0, MAX_TEXT)}… (sha256 ${createHash('sha256').update(text).digest('hex').slice(0, 16)})`
}
