import { stripVTControlCharacters } from 'node:util'
import { columnsOf, cutColumns } from '../../system/columns'

/** A terminal that rows are drawn on. */
export interface LiveTerminal {
  write(text: string): void
  /** Returns the columns that the terminal has by now. */
  columns(): number
}

/** Clears from the cursor to the end of its row. */
const CLEAR_ROW = '\u001B[K'
/** Clears from the cursor to the end of the screen. */
const CLEAR_REST = '\u001B[J'
/** Lets rows that are too wide be cut by the terminal: it may be narrower by now than this process knows. */
const CUT_ROWS = '\u001B[?7l'
const BREAK_ROWS = '\u001B[?7h'

/**
 * Draws rows at the end of a terminal, over those that it drew before. The cursor stays at the beginning of the first of
 * them. A terminal that is resized, and breaks its rows anew, takes the cursor along; so all that was drawn
 * stands behind it, and is cleared as a whole.
 */
export class LiveRows {
  private shown: readonly string[] = []
  private isWriting = false
  /** True where somebody else has written a part of a row, such as a question. */
  private isInMidRow = false

  constructor(private readonly terminal: LiveTerminal) {}

  /** Draws rows in place of those before. A row that is too wide is cut, since a row that breaks would count as two. */
  draw(rows: readonly string[]): void {
    if (this.isInMidRow) return
    const columns = this.terminal.columns()
    const fitting = rows.map((row) => fit(row, columns))
    if (fitting.join('\n') === this.shown.join('\n')) return
    if (fitting.length === 0) return this.clear()
    const back = fitting.length > 1 ? `\u001B[${fitting.length - 1}A` : ''
    const drawn = fitting.map((row) => row + CLEAR_ROW).join('\r\n')
    this.write(`${CUT_ROWS}\r${drawn}${CLEAR_REST}${back}\r${BREAK_ROWS}`)
    this.shown = fitting
  }

  /** Takes the rows away. */
  clear(): void {
    if (this.shown.length > 0) this.write(`\r${CLEAR_REST}`)
    this.shown = []
  }

  /** Writes text that stays, in place of the rows. */
  print(text: string): void {
    const before = this.isInMidRow ? '\n' : this.shown.length > 0 ? `\r${CLEAR_REST}` : ''
    this.isInMidRow = false
    this.shown = []
    this.write(before + text)
  }

  /**
   * Makes room for what others write to the same terminal: `write` does so. Nothing is drawn behind a row that they have
   * not ended, such as a question, until they end it.
   */
  giveWay<T>(text: string, write: () => T): T {
    if (this.isWriting) return write()
    this.clear()
    const written = write()
    if (text !== '') this.isInMidRow = !text.endsWith('\n')
    return written
  }

  private write(text: string): void {
    this.isWriting = true
    try {
      this.terminal.write(text)
    } finally {
      this.isWriting = false
    }
  }
}

/** Returns a row that leaves the last column free: some terminals go to the next row as soon as that is filled. */
function fit(row: string, columns: number): string {
  if (columnsOf(row) < columns) return row
  return `${cutColumns(stripVTControlCharacters(row), Math.max(0, columns - 2))}…`
}
