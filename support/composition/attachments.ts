import { hostTable, outTable } from '../reporting/host_table'
import { hosts as counted, type Verdict } from '../rollout/model/verdict'
import { session } from './session'

/** The way in which texts come into cucumber's own reports. */
interface Attaching {
  attach: (text: string, options: { mediaType: string; fileName: string }) => unknown
}

/** Attaches the hosts that are out of rotation, where there are some. */
export function attachOut(reports: Attaching): void {
  const { run } = session()
  const out = run.state.outOfRotation
  const fileName = `Still out of rotation: ${counted(new Set(out.map(({ host }) => host)).size)}`
  if (out.length > 0) reports.attach(run.redact(outTable(out)), { mediaType: 'text/plain', fileName })
}

/** Attaches the hosts of a line, each with what was seen of it. */
export function attachVerdict(reports: Attaching, verdict: Verdict): void {
  const { observations } = verdict
  const fileName = `${observations.filter(({ passed }) => passed).length} of ${counted(observations.length)}`
  reports.attach(session().run.redact(hostTable(verdict)), { mediaType: 'text/plain', fileName })
}
