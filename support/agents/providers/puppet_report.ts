import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs'
import type { PuppetReport, WholeReport } from '../puppet'

/** A longer report is not read: its daemon would stand still meanwhile. */
const MAX_REPORT = 32_000_000
/** The longest report without its messages and metrics that is parsed. */
const MAX_PARSED = 8_000_000
const MAX_NAMES = 50
const MAX_CHANGES = 100
const MAX_TEXT = 200

/** Reads the report of a host's last run. A file that is not whole is said to be so, and is never taken for a run. */
export function readReport(path: string): PuppetReport {
  let text: string
  try {
    text = readBounded(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { found: 'none' }
    return { found: 'unreadable', problem: `cannot be read: ${(error as Error).message}` }
  }
  return parseReport(text)
}

/**
 * Parses what puppet wrote. Messages, differences of files and metrics are dropped before anything is parsed: they may
 * hold secrets. Ruby's tags are ignored, and nothing is made of them.
 */
export function parseReport(text: string): PuppetReport {
  const unreadable = (problem: string): PuppetReport => ({ found: 'unreadable', problem })
  if (!text.endsWith('\n')) return unreadable('is half-written: its last line has no end')
  const rest = withoutSections(text, new Set(['logs', 'metrics']))
  if (rest.length > MAX_PARSED) return unreadable(`has more than ${MAX_PARSED} characters of resources`)
  const { parseDocument } = require('yaml') as typeof import('yaml')
  try {
    const document = parseDocument(rest, { logLevel: 'silent' })
    if (document.errors.length > 0) return unreadable('is half-written: it is no whole YAML')
    // Aliases are resolved to one object each, whose fields are read once: they cannot multiply.
    return readFields(document.toJS({ maxAliasCount: -1 }) as unknown)
  } catch {
    return unreadable('is half-written: it is no whole YAML')
  }
}

function readBounded(path: string): string {
  const file = openSync(path, 'r')
  try {
    const { size } = fstatSync(file)
    if (size > MAX_REPORT) throw new Error(`it has ${size} bytes, and ${MAX_REPORT} at most are read`)
    return readFileSync(file, 'utf8')
  } finally {
    closeSync(file)
  }
}

/** Returns a report without whole sections. A name at the beginning of a line begins the next section. */
function withoutSections(text: string, dropped: ReadonlySet<string>): string {
  const kept: string[] = []
  let isDropped = false
  for (const line of text.split('\n')) {
    const [, name] = /^([a-z_]+):/.exec(line) ?? []
    if (name !== undefined) isDropped = dropped.has(name)
    if (!isDropped) kept.push(line)
  }
  return kept.join('\n')
}

function readFields(found: unknown): PuppetReport {
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
  return {
    found: 'whole',
    run: word(fields['job_id']),
    transaction: word(fields['transaction_uuid']),
    began: new Date(began).toISOString(),
    config_version: word(fields['configuration_version']),
    environment: word(fields['environment']),
    noop: fields['noop'] === true,
    status: word(fields['status']),
    completed: fields['transaction_completed'] === true,
    catalog: word(fields['cached_catalog_status']),
    ...resourcesIn(Object.entries(resources as Record<string, unknown>)),
  }
}

type Outcomes = Pick<
  WholeReport,
  | 'total'
  | 'failed'
  | 'failed_count'
  | 'failed_to_restart'
  | 'failed_to_restart_count'
  | 'skipped_count'
  | 'changes'
  | 'changes_count'
>

function resourcesIn(resources: readonly (readonly [string, unknown])[]): Outcomes {
  const statuses = resources.map(([name, status]) => ({ name: cut(name), status: mapping(status) }))
  const named = (test: string) =>
    statuses.filter(({ status }) => status[test] === true).map(({ name }) => name)
  const [failed, unrestarted] = [named('failed'), named('failed_to_restart')]
  const changes = statuses.flatMap(({ name, status }) =>
    changesOf(status).map((change) => ({ resource: name, change })),
  )
  return {
    total: statuses.length,
    failed: failed.slice(0, MAX_NAMES),
    failed_count: failed.length,
    failed_to_restart: unrestarted.slice(0, MAX_NAMES),
    failed_to_restart_count: unrestarted.length,
    skipped_count: named('skipped').length,
    changes: changes.slice(0, MAX_CHANGES),
    changes_count: changes.length,
  }
}

const CHANGING = new Set(['success', 'noop'])

/** Returns what was, or would be, changed at one resource. One that is out of step without a word about it counts too. */
function changesOf(status: Readonly<Record<string, unknown>>): string[] {
  const { events } = status
  const changes = (Array.isArray(events) ? events : [])
    .map(mapping)
    .filter((event) => CHANGING.has(word(event['status'])))
    .map(describeEvent)
  if (changes.length > 0 || status['failed'] === true) return changes
  return status['changed'] === true || status['out_of_sync'] === true ? ['changes'] : []
}

function describeEvent(event: Readonly<Record<string, unknown>>): string {
  const property = word(event['property'])
  if (property === '') return cut(word(event['name']).replaceAll('_', ' ') || 'changes')
  const isHidden = event['redacted'] === true || MAY_BE_SECRET.test(property)
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

function word(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? cut(String(value))
    : ''
}

function cut(text: string): string {
  return text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text
}
