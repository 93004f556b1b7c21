import { closeSync, readSync, statSync } from 'node:fs'
import { featureOutcomesOf } from '../../reporting/feature_outcomes'
import { toneOf, type Tone } from '../../reporting/html/page_head'
import { PUT_BACK } from '../../rollout/model/out_of_rotation'
import { openRegularFile } from '../../system/regular_file'
import { FollowedRun, type Course } from './followed_run'
import { sentenceOf, titleOf } from './rollout_head'
import type { RunJournal } from './run_journals'
import { standingOf, type ProcessSurroundings } from './run_process'

/** A rollout in a line. */
export interface RunSummary {
  run: string
  course: Course
  /** Undefined where the journal does not tell it. */
  environment: string | undefined
  features: readonly string[]
  title: string
  sentence: string
  tone: Tone | 'going'
  by: string
  beganAt: number
}

/** The most summaries that are remembered; one has some hundred bytes. */
const MAX_KEPT = 2_000
/** The bytes at the end of a journal in which its end would stand. */
const END_BYTES = 4_096
/** The bytes of a journal that are read at a time until it has said where it goes. */
const BEGINNING_BYTES = 16 * 1024
/** The event by which a run says its end, as the journal has it. */
const END = '"type":"ended"'
/** Files that are looked at before others have their turn. */
const IN_TURN = 100

/**
 * Sums up rollouts by the whole of their journals: an end that stands in one says nothing of the lines before it.
 * What was summed up is remembered until its journal changes.
 */
export class RunSummaries {
  private readonly kept = new Map<string, { sign: string; summary: RunSummary }>()
  private readonly ended = new Map<string, string>()
  private readonly environments = new Map<string, { file: string; environment: string }>()

  constructor(private readonly surroundings: ProcessSurroundings) {}

  /**
   * Resolves with the environment of a run, of which no more is read than its beginning; undefined where that does not say it.
   */
  async environmentOf({ run, path, name }: RunJournal): Promise<string | undefined> {
    const file = fileAt(path)
    const known = this.environments.get(path)
    if (known !== undefined && known.file === file) return known.environment
    const followed = new FollowedRun(path, name, run)
    while (!followed.view.state.hasBegun && followed.read(BEGINNING_BYTES)) await giveWay()
    const { state } = followed.view
    if (!state.hasBegun) return undefined
    const { environment } = state
    if (this.environments.size < MAX_KEPT * 10 || this.environments.has(path))
      this.environments.set(path, { file, environment })
    return environment
  }

  /** Resolves with the summary of a run. */
  async of(journal: RunJournal): Promise<RunSummary> {
    const { run, path, name } = journal
    const sign = signOf(path)
    const known = this.kept.get(path)
    if (known !== undefined && known.sign === sign) return known.summary
    const followed = new FollowedRun(path, name, run)
    while (followed.read()) await giveWay()
    if (!followed.isClosed) {
      const standing = await standingOf(followed.process, this.surroundings)
      while (followed.read()) await giveWay()
      if (standing !== 'alive' && followed.hasSaidItsEnd && !followed.hasRest) followed.end()
      else if (!followed.isClosed) followed.judge(standing)
    }
    const summary = summarize(run, followed)
    if (followed.isClosed) this.keep(path, sign, summary)
    return summary
  }

  /** Resolves with the journals that do not say their end: the runs of some of them go on. */
  async unended(journals: readonly RunJournal[]): Promise<RunJournal[]> {
    const found: RunJournal[] = []
    for (const [index, journal] of journals.entries()) {
      if (index % IN_TURN === IN_TURN - 1) await giveWay()
      const { path } = journal
      const sign = signOf(path)
      if (this.ended.get(path) === sign || this.kept.get(path)?.sign === sign) continue
      if (!saysItsEnd(path)) found.push(journal)
      else if (this.ended.size < MAX_KEPT * 10) this.ended.set(path, sign)
    }
    return found
  }

  private keep(path: string, sign: string, summary: RunSummary): void {
    this.kept.delete(path)
    this.kept.set(path, { sign, summary })
    const [oldest] = this.kept.keys()
    if (this.kept.size > MAX_KEPT && oldest !== undefined) this.kept.delete(oldest)
  }
}

function summarize(run: string, { view }: FollowedRun): RunSummary {
  const { state, course } = view
  const isJudged = course === 'ended' || course === 'gone'
  return {
    run,
    course,
    environment: state.hasBegun ? state.environment : undefined,
    features: course === 'broken' ? [] : namesIn(view),
    title: titleOf(view),
    sentence: sentenceOf(view),
    tone: isJudged ? toneOf(state) : course === 'broken' || state.hasStopped ? 'bad' : 'going',
    by: state.by,
    beganAt: state.beganAt,
  }
}

function namesIn({ state, putBack }: FollowedRun['view']): string[] {
  const names = featureOutcomesOf(state).map(({ name, uri }) => name || uri)
  return names.length === 0 && putBack !== undefined ? [PUT_BACK] : names
}

/** Returns a text that is another one once a file has changed. */
function signOf(path: string): string {
  const stats = statSync(path, { throwIfNoEntry: false })
  return stats === undefined ? '' : `${stats.dev} ${stats.ino} ${stats.size} ${stats.mtimeMs}`
}

/** Returns a text that is another one once another file has the path. */
function fileAt(path: string): string {
  const stats = statSync(path, { throwIfNoEntry: false })
  return stats === undefined ? '' : `${stats.dev} ${stats.ino} ${stats.birthtimeMs}`
}

function saysItsEnd(path: string): boolean {
  try {
    const { fd, size } = openRegularFile(path)
    try {
      const bytes = Buffer.alloc(Math.min(size, END_BYTES))
      readSync(fd, bytes, 0, bytes.length, size - bytes.length)
      return bytes.includes(END)
    } finally {
      closeSync(fd)
    }
  } catch {
    return false
  }
}

function giveWay(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
