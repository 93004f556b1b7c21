import type { OpenObligation } from '../rollout/model/open_obligations'
import { foldHosts } from '../rollout/model/fold_hosts'
import { clean, cohorts, count, type Verdict } from '../rollout/model/verdict'
import { groupBy } from '../system/groups'

/** The most hosts that are named of a cohort that passed; the rest is only counted. */
const MAX_NAMES = 500

/** Returns a verdict host by host, for reports: what was seen, and on which host. */
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

/** Returns the hosts that are out of rotation, one line for each obligation that is open on them. */
export function outTable(out: readonly OpenObligation[]): string {
  return [...byObligation(out)]
    .map(([obligation, hosts]) => `${obligation}: ${foldHosts(hosts).join(', ')}`)
    .join('\n')
}

export function byObligation(out: readonly OpenObligation[]): Map<string, string[]> {
  const groups = groupBy(out, ({ obligation }) => obligation)
  return new Map([...groups].map(([obligation, all]) => [obligation, all.map(({ host }) => host)]))
}
