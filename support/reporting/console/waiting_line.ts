import type { Clock } from '../../system/clock'
import { columnsOf, cutColumns } from '../../system/columns'
import type { TellWait, Wait } from '../../system/wait'
import { formatTime, formatWaits, type BegunWait } from './format_waits'

/** The paper that a waiting line is shown on. */
export interface WaitingPaper {
  /** Draws rows in place of those before; absent where nothing can be drawn over. */
  draw?: (rows: readonly string[]) => void
  /** Writes a line that stays. */
  line: (text: string) => void
  dim: (text: string) => string
}

/** Milliseconds between two drawings. */
const DRAW_EVERY_MS = 200
/** Milliseconds after which a line says what it waits for: most lines are over before, and would flicker. */
const QUIET_MS = 400
/** Milliseconds after which a line says that it waits for something that is told nowhere. */
const UNEXPLAINED_MS = 1_000
/** Milliseconds between two lines about one wait, where nothing can be drawn over. */
const TELL_EVERY_MS = 10_000
/** Milliseconds between two looks whether such a line is due. */
const LOOK_EVERY_MS = 1_000

/**
 * Shows the line that is under way, and what is waited for. On a terminal it is drawn in place, and gone afterwards.
 * Elsewhere every ten seconds one line says the same. It looks at the waits when it draws, so that an answer costs
 * nothing.
 */
export class WaitingLine {
  /** The waits that have begun and not ended, in that order. */
  private readonly waits = new Map<Wait, BegunWait>()
  private line: { shown: string; told: string } | undefined
  /** The moment at which the line began, or the last one ended. */
  private since: number
  /** The moment of the last line that stays. */
  private toldAt: number
  private stopTimer: (() => void) | undefined

  /** `between` says what is waited for where no line is under way and no wait is told. */
  constructor(
    private readonly paper: WaitingPaper,
    private readonly clock: Clock,
    private readonly between = '',
    /** Returns what stands before the words of a line, such as the number of its wave. */
    private readonly prefix: () => string = () => '',
  ) {
    this.since = this.toldAt = clock.elapsed()
  }

  /** Begins to show. */
  start(): void {
    if (this.stopTimer !== undefined) return
    const look = () => {
      this.show()
      this.stopTimer = this.clock.after(this.paper.draw === undefined ? LOOK_EVERY_MS : DRAW_EVERY_MS, look)
    }
    this.stopTimer = () => {}
    look()
  }

  /** Shows nothing any longer, and takes away what was drawn. */
  stop(): void {
    this.stopTimer?.()
    this.stopTimer = undefined
    this.line = undefined
    this.waits.clear()
    this.paper.draw?.([])
  }

  /** Begins a line: as it is drawn, and as it is told where nothing can be drawn. */
  beginLine(shown: string, told: string): void {
    this.line = { shown, told }
    this.since = this.toldAt = this.clock.elapsed()
    if (this.stopTimer !== undefined) this.show()
  }

  endLine(): void {
    this.line = undefined
    this.since = this.toldAt = this.clock.elapsed()
  }

  readonly tellWait: TellWait = (wait) => {
    this.beginWait(wait)
    return () => this.endWait(wait)
  }

  beginWait(wait: Wait): void {
    const since = this.clock.elapsed()
    // Without a line, the wait is all that there is to tell.
    if (this.line === undefined && this.waits.size === 0) this.since = this.toldAt = since
    this.waits.set(wait, { wait, since })
  }

  endWait(wait: Wait): void {
    this.waits.delete(wait)
  }

  /** Draws what is waited for by now; redraws it for a terminal that was resized. */
  show(): void {
    const { draw } = this.paper
    if (draw === undefined) return this.tell()
    const { line } = this
    const words = this.words()
    if (line === undefined) return draw(words === '' ? [] : [this.paper.dim(`  … ${words}`)])
    draw(words === '' ? [line.shown] : [line.shown, this.paper.dim(`        ${words}`)])
  }

  private tell(): void {
    const now = this.clock.elapsed()
    if (now - this.toldAt < TELL_EVERY_MS) return
    const words = this.words()
    if (words === '') return
    this.toldAt = now
    const text =
      this.line === undefined ? `  … ${words}` : `    … ${cutTo(roomBeside(words), this.line.told)}: ${words}`
    this.paper.line(this.paper.dim(cutTo(MAX_COLUMNS, text)))
  }

  /** Returns what is waited for; empty where nothing has been for long. */
  private words(): string {
    const now = this.clock.elapsed()
    const elapsed = now - this.since
    if (elapsed < QUIET_MS) return ''
    const told = formatWaits([...this.waits.values()], now)
    const unexplained = this.line === undefined ? this.between : "the step's own code"
    const words = told !== '' ? told : `${formatTime(elapsed)} · waits for ${unexplained}`
    if (told === '' && (unexplained === '' || elapsed < UNEXPLAINED_MS)) return ''
    return `${this.line === undefined ? '' : this.prefix()}${words}`
  }
}

/** The columns of a line that stays: nothing says how wide the paper is that it is read on. */
const MAX_COLUMNS = 80
/** The columns of a step's words that stay beside any words about the wait: they tell which line it is. */
const MIN_TOLD_COLUMNS = 20

/** Returns the columns for the words of a step beside those of its wait, which matter more. */
function roomBeside(words: string): number {
  return Math.max(MIN_TOLD_COLUMNS, MAX_COLUMNS - columnsOf(`    … : ${words}`))
}

function cutTo(columns: number, text: string): string {
  return columnsOf(text) > columns ? `${cutColumns(text, columns - 1)}…` : text
}
