import type { RecordedPipelineEvent } from './events'
import { RecentIds } from './recent_ids'

/** A report of another CI that was taken. */
export type TakenReport = Extract<RecordedPipelineEvent, { type: 'report taken' }>

/** The number of ids of old reports that are known again, at the least. */
const MAX_SETTLED = 1_000_000

/** The reports that were taken and have changed nothing yet, and the ids of all others. */
export class OpenReports {
  private readonly open = new Map<string, TakenReport>()
  private readonly settled = new RecentIds(MAX_SETTLED)

  take(report: TakenReport): void {
    if (!this.isTaken(report.report)) this.open.set(report.report, report)
  }

  settle(report: string | undefined): void {
    if (report === undefined) return
    this.open.delete(report)
    this.settled.add(report)
  }

  isTaken(report: string): boolean {
    return this.open.has(report) || this.settled.has(report)
  }

  /** Returns those of one repository, in the order in which they were taken. */
  of(repository: string): readonly TakenReport[] {
    return [...this.open.values()].filter((each) => each.repository === repository)
  }
}
