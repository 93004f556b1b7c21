import type { Clock } from '../../system/clock'
import type { FollowedRun } from './followed_run'
import { MatrixRows } from './matrix_rows'
import { PartBook } from './part_book'
import { partsOf } from './rollout_parts'
import type { Standing } from './run_process'

/** Milliseconds between two looks at a journal. */
export const LOOK_EVERY_MS = 250
/** Milliseconds between two looks at the process of a run. */
export const JUDGE_EVERY_MS = 2_000
/** A look waits so many times as long as the last one took: a huge run keeps this process from nothing else. */
const REST = 4
/** Milliseconds for which a page is made before others have their turn. */
const TURN_MS = 20

/**
 * Watches one run for all who look at it: one look at its journal, and one page for all of them. It knows nothing of
 * who they are.
 */
export class Watcher {
  readonly book = new PartBook()
  private readonly rows = new MatrixRows()
  private readonly listeners = new Set<() => void>()
  private stopTimer = () => {}
  private judgedAt = -Infinity
  private wasQuiet = false
  private isStopped = false
  private isOver = false
  private broken: { error: unknown } | undefined

  constructor(
    private readonly run: FollowedRun,
    private readonly clock: Clock,
    private readonly standing: () => Promise<Standing>,
  ) {}

  /** The environment of the run; undefined until its journal has it. */
  get environment(): string | undefined {
    const { state } = this.run.view
    return state.hasBegun ? state.environment : undefined
  }

  get view(): FollowedRun['view'] {
    return this.run.view
  }

  /** True where the page is not going to change any more, and shows all that the run came to. */
  get isClosed(): boolean {
    return this.isOver
  }

  /** The fault of this program that has ended the watch; undefined while there is none. */
  get failure(): { error: unknown } | undefined {
    return this.broken
  }

  /** Calls back once anything new was read and is on the page, until the returned function is called. */
  listen(listener: () => void): () => void {
    this.listeners.add(listener)
    return () => void this.listeners.delete(listener)
  }

  /** Resolves once the whole journal was read for the first time; it is watched from then on. */
  async start(): Promise<void> {
    await this.tryToLook()
    this.goOn(0)
  }

  stop(): void {
    this.isStopped = true
    this.stopTimer()
    this.listeners.clear()
  }

  private goOn(took: number): void {
    if (this.isStopped || this.broken !== undefined) return
    this.stopTimer = this.clock.after(Math.max(LOOK_EVERY_MS, took * REST), () => {
      const began = this.clock.elapsed()
      void this.tryToLook().then(() => this.goOn(this.clock.elapsed() - began))
    })
  }

  private async tryToLook(): Promise<void> {
    try {
      await this.look()
    } catch (error) {
      this.broken = { error }
      for (const listener of this.listeners) listener()
    }
  }

  private async look(): Promise<void> {
    const isNew = await this.readAll()
    const isJudged = await this.judge(isNew)
    if (!isNew && !isJudged) return
    await this.show()
    this.isOver = this.run.isClosed
    for (const listener of this.listeners) listener()
  }

  private async readAll(): Promise<boolean> {
    let isNew = false
    while (!this.isStopped && this.run.read()) {
      isNew = true
      await giveWay()
    }
    return isNew
  }

  /** Judges a run that is quiet. Returns whether there is anything new. */
  private async judge(isNew: boolean): Promise<boolean> {
    if (this.run.isClosed) return false
    const hasEnded = () => this.run.hasSaidItsEnd && !this.run.hasRest
    // What is said behind the end may come a moment later.
    if (hasEnded() && !isNew && this.wasQuiet) {
      this.run.end()
      return true
    }
    this.wasQuiet = !isNew
    if (this.clock.elapsed() - this.judgedAt < JUDGE_EVERY_MS) return false
    this.judgedAt = this.clock.elapsed()
    const standing = await this.standing()
    // It may have said its last word, and ended, since it was read.
    if (standing === 'gone') await this.readAll()
    if (!hasEnded() || standing === 'alive') return this.run.judge(standing)
    this.run.end()
    return true
  }

  /** Makes the page anew. */
  private async show(): Promise<void> {
    const texts: [string, string][] = []
    let until = this.clock.elapsed() + TURN_MS
    for (const { key, content } of partsOf(this.run.view, this.rows)) {
      texts.push([key, content.text])
      if (this.clock.elapsed() < until) continue
      await giveWay()
      until = this.clock.elapsed() + TURN_MS
    }
    this.book.update({ offset: this.run.offset, course: this.run.view.course }, texts)
  }
}

function giveWay(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
