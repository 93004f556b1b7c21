import { existsSync, renameSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { documentOfReport, parseReport } from '../bus/build_report'
import { makeFolder } from '../system/folders'
import { namesIn, readRegularFile } from '../system/regular_file'
import { writeWhole } from '../system/whole_file'
import type { EndReport, ReportStore } from './ports'

/** The number of ends that are known again when their order comes back. */
const MAX_KEPT = 1_000
const SUFFIX = '.json'

/** The ends of builds in a folder below the state: those that a broker has, and beside them those that none has yet. */
export class ReportFolder implements ReportStore {
  private readonly confirmed: string
  private readonly waiting: string

  constructor(
    state: string,
    private readonly now: () => number,
  ) {
    this.confirmed = join(state, 'pipeline', 'reports', 'confirmed')
    this.waiting = join(state, 'pipeline', 'reports', 'waiting')
    for (const folder of [this.confirmed, this.waiting]) makeFolder(folder, 0o700)
  }

  find(build: string): EndReport | undefined {
    for (const folder of [this.waiting, this.confirmed]) {
      const path = join(folder, `${build}${SUFFIX}`)
      if (existsSync(path)) return read(path)
    }
    return undefined
  }

  add(report: EndReport): void {
    const document = documentOfReport(report, this.now())
    writeWhole(join(this.waiting, `${report.build}${SUFFIX}`), JSON.stringify(document))
  }

  get unconfirmed(): EndReport[] {
    return byAge(this.waiting).flatMap((path) => read(path) ?? [])
  }

  confirm(build: string): void {
    const path = join(this.waiting, `${build}${SUFFIX}`)
    if (!existsSync(path)) return
    renameSync(path, join(this.confirmed, `${build}${SUFFIX}`))
    for (const old of byAge(this.confirmed).slice(0, -MAX_KEPT)) rmSync(old, { force: true })
  }

  /** The builds whose end is known, the oldest first. */
  get builds(): string[] {
    return [...byAge(this.confirmed), ...byAge(this.waiting)].map(
      (path) => path.split('/').at(-1)?.slice(0, -SUFFIX.length) ?? '',
    )
  }
}

/** Returns undefined for what a disk has damaged: the build runs anew then. */
function read(path: string): EndReport | undefined {
  try {
    const report = parseReport(JSON.parse(readRegularFile(path).toString('utf8')))
    return report?.event === 'ended' ? report : undefined
  } catch {
    return undefined
  }
}

function byAge(folder: string): string[] {
  return namesIn(folder)
    .filter((name) => name.endsWith(SUFFIX))
    .map((name) => join(folder, name))
    .map((path) => ({ path, at: statSync(path).mtimeMs }))
    .sort((a, b) => a.at - b.at)
    .map(({ path }) => path)
}
