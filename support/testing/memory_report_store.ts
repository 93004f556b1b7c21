import type { EndReport, ReportStore } from '../runner/ports'

/** The disk of a runner in memory, which outlives its processes. */
export class MemoryReportStore implements ReportStore {
  private readonly reports = new Map<string, EndReport>()
  private readonly confirmed = new Set<string>()

  find(build: string): EndReport | undefined {
    return this.reports.get(build)
  }

  add(report: EndReport): void {
    this.reports.set(report.build, report)
  }

  get unconfirmed(): EndReport[] {
    return [...this.reports.values()].filter(({ build }) => !this.confirmed.has(build))
  }

  confirm(build: string): void {
    this.confirmed.add(build)
  }
}
