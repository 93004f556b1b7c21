import { clean, cohorts, hosts as counted, groupUnexpected, type Verdict } from '../rollout/model/verdict'
import { foldHosts } from '../rollout/model/fold_hosts'

/**
 * Returns the hosts that a line failed on, by what was seen of them, and the unexpected ones: `no answer: web[3-4]`. At
 * most `names` names or ranges of each are given.
 */
export function oddHostsOf(verdict: Verdict, names: number): string[] {
  return [
    ...cohorts(verdict)
      .filter(({ passed }) => !passed)
      .map(
        ({ seen, hosts }) =>
          `${clean(seen)}: ${listHosts(
            hosts.map((host) => clean(host)),
            names,
          )}`,
      ),
    ...groupUnexpected(verdict)
      .filter(({ fails }) => fails)
      .map(
        ({ detail, hosts }) =>
          `unexpected: ${listHosts(
            hosts.map((host) => clean(host)),
            names,
          )} ${clean(detail)}`,
      ),
  ]
}

/** Formats names in their shortest form; beyond `most` of them only the number. */
export function listHosts(hosts: readonly string[], most: number): string {
  const names = foldHosts(hosts)
  const more = names.length > most ? `, … (${counted(hosts.length)})` : ''
  return `${names.slice(0, most).join(', ')}${more}`
}
