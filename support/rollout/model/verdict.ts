import { stripVTControlCharacters } from 'node:util'
import { columnsOf, padColumns } from '../../system/columns'
import { beginningOf, MAX_REASON } from '../../system/reason'
import type { UnexpectedMessage } from '../../system/unexpected_messages'
import type { Answer } from './answers'

/** The observation of one host by a step. `seen` is what cohorts are made of. */
export interface Observation {
  host: string
  passed: boolean
  /**
   * The source of the observation, which is an answer unless it is one of these. `known`: no host had to be asked.
   * `done before`: an earlier run says so, and a later line of the same scenario proves it. `planned`: the host was asked,
   * and `seen` is the planned state.
   */
  kind: Answer['kind'] | 'known' | 'done before' | 'planned'
  seen: string
  /** The change that the line would make to the host. */
  planned?: PlannedChange
}

export interface PlannedChange {
  /** The name of the resource, such as `package mywebapp`. */
  resource: string
  from: string
  /** The state afterwards; null where it cannot be known before. */
  to: string | null
  /** True when the line would change the host; false for a host that needs nothing. */
  changes: boolean
  /** True when other resources may be affected; false where only traffic is stopped or let through again. */
  affectsOthers: boolean
  /** True when the line would be carried out, and found nothing to change when that was done last. */
  isIdle?: boolean
}

/** The outcome of a step on every host that it was meant for. */
export interface Verdict {
  observations: readonly Observation[]
  unexpected: readonly UnexpectedMessage[]
  /** The hosts that failed before and take no further part. */
  out?: readonly string[]
  /** True when some hosts failed and the failure budget allows for it. They are out from now on, the others go on. */
  tolerated?: boolean
  /** True when the line was planned: where it would fail, the lines after it are planned all the same. */
  planned?: boolean
}

export interface Counts {
  expected: number
  answered: number
  diverged: number
  silent: number
  unexpected: number
  /** The number of hosts that failed before, and were not asked. */
  out: number
}

export interface Cohort {
  seen: string
  passed: boolean
  hosts: readonly string[]
}

const HEARD = new Set<Observation['kind']>(['answered', 'failed', 'untrusted', 'planned'])

/** A verdict that may know its hosts by their cohorts, without an observation of each. */
type AnyVerdict = Verdict & { readonly cohorts?: readonly { passed: boolean; hosts: readonly unknown[] }[] }

/** Returns whether a step passed on all its hosts. A verdict on no host has not passed: nothing was done. */
export function hasPassed(verdict: AnyVerdict): boolean {
  const seen = verdict.cohorts?.filter(({ hosts }) => hosts.length > 0) ?? verdict.observations
  return (
    seen.length > 0 && seen.every(({ passed }) => passed) && verdict.unexpected.every(({ fails }) => !fails)
  )
}

/** Returns whether a rollout may go on after a verdict. */
export function mayGoOn(verdict: Verdict): boolean {
  return verdict.tolerated === true || verdict.planned === true || hasPassed(verdict)
}

export function count(verdict: Verdict): Counts {
  const of = (test: (observation: Observation) => boolean) => verdict.observations.filter(test).length
  return {
    expected: verdict.observations.length,
    answered: of(({ kind }) => HEARD.has(kind)),
    diverged: of(({ passed, kind }) => !passed && kind !== 'silent'),
    silent: of(({ kind, passed }) => kind === 'silent' && !passed),
    unexpected: verdict.unexpected.filter(({ fails }) => fails).length,
    out: verdict.out?.length ?? 0,
  }
}

/**
 * Returns cohorts of hosts with the same observation. Those that passed come before those that did not, the largest
 * first.
 */
export function cohorts(verdict: Verdict): Cohort[] {
  const bySeen = new Map<string, { seen: string; passed: boolean; hosts: string[] }>()
  for (const { host, passed, seen } of verdict.observations) {
    const key = `${passed} ${seen}`
    const cohort = bySeen.get(key) ?? { seen, passed, hosts: [] }
    bySeen.set(key, cohort)
    cohort.hosts.push(host)
  }
  return [...bySeen.values()].sort(
    (a, b) => Number(b.passed) - Number(a.passed) || b.hosts.length - a.hosts.length,
  )
}

export interface UnexpectedCohort {
  detail: string
  fails: boolean
  hosts: readonly string[]
  /** The number of messages; more than hosts where some came more than once. */
  times: number
}

/** Returns unexpected messages that are alike as cohorts. */
export function groupUnexpected({ unexpected }: Verdict): UnexpectedCohort[] {
  const alike = new Map<string, UnexpectedCohort & { hosts: string[] }>()
  for (const { host, detail, fails, times = 1 } of unexpected) {
    const key = `${fails} ${detail}`
    const cohort = alike.get(key) ?? { detail, fails, hosts: [], times: 0 }
    alike.set(key, cohort)
    cohort.hosts.push(clean(host))
    cohort.times += times
  }
  return [...alike.values()].map((cohort) =>
    cohort.times > cohort.hosts.length
      ? { ...cohort, detail: `${cohort.detail} (${cohort.times} messages)` }
      : cohort,
  )
}

/** Formats cohorts as lines for a person: the odd ones by name, never a bare count. */
export function describe(verdict: Verdict): string {
  const counts = count(verdict)
  const groups = cohorts(verdict)
  const width = Math.min(32, Math.max(0, ...groups.map(({ seen }) => columnsOf(clean(seen)))))
  const lines = [
    counts.expected === 0
      ? 'no host was asked'
      : counts.diverged + counts.silent === 0
        ? 'no host diverged, but:'
        : formatFailed(counts),
  ]
  for (const { seen, passed, hosts: names } of groups) {
    const who = passed && names.length > 1 ? hosts(names.length) : names.join(', ')
    lines.push(`  ${padColumns(clean(seen), width)}  ${who}`)
  }
  for (const { detail, fails, hosts: names } of groupUnexpected(verdict)) {
    lines.push(`  ${fails ? 'unexpected' : 'noted'}: ${names.join(', ')} ${clean(detail)}`)
  }
  return lines.join('\n')
}

/** Returns how many hosts failed, such as `1 of 8 hosts diverged`; a silent host is not called diverged. */
export function formatFailed({ expected, diverged, silent }: Counts): string {
  const failed = `${diverged + silent} of ${hosts(expected)}`
  if (silent === 0) return `${failed} diverged`
  if (diverged === 0) return `${failed} ${silent === 1 ? 'was' : 'were'} silent`
  return `${failed} failed: ${diverged} diverged, ${silent} silent`
}

export function hosts(n: number): string {
  return n === 1 ? '1 host' : `${n} hosts`
}

/** Returns what a peer sent, fit for a terminal: no control characters, one line, not too long. */
export function clean(text: string, longest = MAX_REASON): string {
  const line = stripVTControlCharacters(text)
    .replace(/[\p{Cc}\p{Cf}]+/gu, ' ')
    .trim()
  return line.length > longest ? `${beginningOf(line, longest - 1)}…` : line
}
