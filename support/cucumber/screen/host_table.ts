import type { OpenObligation } from '../../rollout/ledger'
import { inRanges } from './host_names'
import { clean, cohorts, count, type Verdict } from '../../rollout/verdict'
import { groupBy } from '../../system/groups'

/** Names of a cohort that is as it should be, beyond which only the number is told. */
const MAX_NAMES = 500

/** A verdict host by host, for reports: what was seen, and of whom. */
export function hostTable(verdict: Verdict): string {
  const { expected, answered, diverged, silent, unexpected } = count(verdict)
  const lines = [
    `expected ${expected} · answered ${answered} · diverged ${diverged} · silent ${silent} · unexpected ${unexpected}`,
  ]
  for (const { seen, passed, hosts } of cohorts(verdict)) {
    const names =
      passed && hosts.length > MAX_NAMES
        ? [...hosts.slice(0, MAX_NAMES), `… and ${hosts.length - MAX_NAMES} more`]
        : hosts
    for (const host of names) lines.push(`${passed ? '✔' : '✘'} ${host}  ${clean(seen)}`)
  }
  for (const { host, detail, fails } of verdict.unexpected)
    lines.push(`${fails ? '✘' : '·'} ${clean(host)}  ${clean(detail)}`)
  return lines.join('\n')
}

/** Who is out of the pool, by what is open on them. */
export function outTable(out: readonly OpenObligation[]): string {
  return [...byObligation(out)]
    .map(([obligation, hosts]) => `${obligation}: ${inRanges(hosts).join(', ')}`)
    .join('\n')
}

export function byObligation(out: readonly OpenObligation[]): Map<string, string[]> {
  const groups = groupBy(out, ({ obligation }) => obligation)
  return new Map([...groups].map(([obligation, all]) => [obligation, all.map(({ host }) => host)]))
}
