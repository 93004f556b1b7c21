import { clean, cohorts, hosts as counted, unexpectedCohorts, type Verdict } from '../rollout/model/verdict'
import { inRanges } from '../run/host_names'
import type { Run } from '../run/run'

/**
 * Returns the hosts that a line failed on, by what was seen of them, and the unexpected ones: `no answer: web[3-4]`. At
 * most `names` names or ranges of each are given. No secret is in it.
 */
export function oddHostsOf(run: Run, verdict: Verdict, names: number): string[] {
  const said = (text: string) => clean(run.redact(text))
  return [
    ...cohorts(verdict)
      .filter(({ passed }) => !passed)
      .map(({ seen, hosts }) => `${said(seen)}: ${listed(hosts.map(said), names)}`),
    ...unexpectedCohorts(verdict)
      .filter(({ fails }) => fails)
      .map(({ detail, hosts }) => `unexpected: ${listed(hosts.map(said), names)} ${said(detail)}`),
  ]
}

/** Formats names in their shortest form; beyond `most` of them only the number. */
export function listed(hosts: readonly string[], most: number): string {
  const names = inRanges(hosts)
  const more = names.length > most ? `, … (${counted(hosts.length)})` : ''
  return `${names.slice(0, most).join(', ')}${more}`
}
