import { createHash } from 'node:crypto'
import type { CiReport } from './ci_report'
import type { PipelineLog } from './receive'

/** The fate of a report: the id that journals know it by, and whether it was told before. */
export interface ReceivedReport {
  report: string
  isNew: boolean
}

/** Takes reports of other CIs, each once, also when two tellings of one arrive together. */
export class ReportReceiver {
  private readonly underWay = new Map<string, Promise<unknown>>()

  constructor(private readonly log: PipelineLog) {}

  /**
   * Takes a report. Its signed bytes make it this one and no other.
   * @throws LockstepError `journal-failed`: the report is not taken, and its teller has to come again
   */
  async receive(
    { repository, commit, build, state, at, url = null }: CiReport,
    bytes: Buffer,
  ): Promise<ReceivedReport> {
    const report = createHash('sha256').update(`${repository}\n`).update(bytes).digest('hex').slice(0, 32)
    const before = this.underWay.get(report)
    if (before !== undefined) await before
    if (this.log.state.reports.isTaken(report)) return { report, isNew: false }
    const taken = this.log.append({
      type: 'report taken',
      report,
      repository,
      commit,
      build,
      state,
      reportedAt: new Date(at).toISOString(),
      url,
    })
    this.underWay.set(report, taken)
    try {
      await taken
    } finally {
      this.underWay.delete(report)
    }
    return { report, isNew: true }
  }
}
