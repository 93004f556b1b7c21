import type { Obligation } from '../../rollout/ledger'
import { inRanges } from './host_names'
import { clean, cohorts, count, type Verdict } from '../../rollout/verdict'
import { groupBy } from '../../system/groups'

/** Names of a cohort that is as it should be, beyond which only the number is told. */
const NAMES_AT_MOST = 500

/** A verdict host by host, for reports: what was seen, and of whom. */
export function hostTable(verdict: Verdict): string {
  const { expected, answered, diverged, silent, unexpected } = count(verdict)
  const lines = [
    `expected ${expected} · answered ${answered} · diverged ${diverged} · silent ${silent} · unexpected ${unexpected}`,
  ]
  for (const { seen, held, hosts } of cohorts(verdict)) {
    const names =
      held && hosts.length > NAMES_AT_MOST
        ? [...hosts.slice(0, NAMES_AT_MOST), `… and ${hosts.length - NAMES_AT_MOST} more`]
        : hosts
    for (const host of names) lines.push(`${held ? '✔' : '✘'} ${host}  ${clean(seen)}`)
  }
  for (const { host, detail, fails } of verdict.strays)
    lines.push(`${fails ? '✘' : '·'} ${clean(host)}  ${clean(detail)}`)
  return lines.join('\n')
}

/** Who is out of the pool, by what holds them. */
export function heldTable(held: readonly Obligation[]): string {
  return [...byObligation(held)]
    .map(([obligation, hosts]) => `${obligation}: ${inRanges(hosts).join(', ')}`)
    .join('\n')
}

export function byObligation(held: readonly Obligation[]): Map<string, string[]> {
  const groups = groupBy(held, ({ obligation }) => obligation)
  return new Map([...groups].map(([obligation, all]) => [obligation, all.map(({ host }) => host)]))
}
