import { columnsOf } from '../system/columns'

interface Row {
  cells: string[]
  /** True where the next row goes on with the same line, since this one was full. */
  wraps: boolean
}

const SEGMENTER = new Intl.Segmenter()
/** The second cell of a wide character. */
const REST = ''

const ESCAPE = '\u001B'
/** Matches what a terminal acts on: a sequence of control, the end of a line, text. */
const PIECES = new RegExp(`${ESCAPE}\\[[?0-9;]*[A-Za-z]|\\r|\\n|[^${ESCAPE}\\r\\n]+`, 'g')

/**
 * A terminal that keeps what a person sees of what is written to it, colours aside. It breaks rows anew when it is resized,
 * and takes the cursor along, as tmux and most others do. It has as many rows as are written.
 */
export class FakeTerminal {
  readonly isTTY = true
  /** The number of times that something was written. */
  writes = 0
  private rows: Row[] = [{ cells: [], wraps: false }]
  private at = { row: 0, column: 0 }
  private cutsRows = false

  constructor(public columns = 80) {}

  /** The rows from the top, without blanks at their ends. */
  get text(): string {
    const rows = this.rows.map(({ cells }) => cells.join('').trimEnd())
    return rows.join('\n').trimEnd()
  }

  /** The lines from the top: rows that go on in the next one are one line. */
  get lines(): string {
    return this.joined()
      .map((cells) => cells.join('').trimEnd())
      .join('\n')
      .trimEnd()
  }

  readonly write = (text: string): void => {
    this.writes += 1
    for (const [piece] of text.matchAll(PIECES)) this.interpret(piece)
  }

  resize(columns: number): void {
    const before = this.at
    const rows: Row[] = []
    let line: string[] = []
    let isHere = false
    for (const [index, { cells, wraps }] of this.rows.entries()) {
      const offset = line.length + before.column
      line.push(...cells)
      if (index === before.row) {
        isHere = true
        this.at = { row: rows.length + Math.floor(offset / columns), column: offset % columns }
      }
      if (wraps) continue
      rows.push(...broken(line, columns))
      line = []
    }
    this.rows = rows.length === 0 || !isHere ? [...rows, { cells: [], wraps: false }] : rows
    this.columns = columns
  }

  private interpret(piece: string): void {
    if (piece === '\r') this.at.column = 0
    else if (piece === '\n') {
      // The system puts a carriage return before each newline.
      this.at.column = 0
      this.nextRow()
    } else if (piece.startsWith('\u001B[')) this.control(piece)
    else for (const { segment } of SEGMENTER.segment(piece)) this.put(segment)
  }

  private control(piece: string): void {
    const count = Number(/\d+/.exec(piece)?.[0] ?? '1')
    if (piece.startsWith('\u001B[?7')) this.cutsRows = piece.endsWith('l')
    if (piece.endsWith('A')) this.at.row = Math.max(0, this.at.row - count)
    if (piece.endsWith('K') || piece.endsWith('J')) {
      const row = this.row()
      row.cells = row.cells.slice(0, this.at.column)
      row.wraps = false
    }
    if (piece.endsWith('J')) this.rows.length = this.at.row + 1
  }

  private put(character: string): void {
    const width = columnsOf(character)
    if (width === 0) return
    if (this.at.column + width > this.columns) {
      if (this.cutsRows) return
      this.row().wraps = true
      this.nextRow()
      this.at.column = 0
    }
    const { cells } = this.row()
    while (cells.length < this.at.column) cells.push(' ')
    cells.splice(this.at.column, width, character, ...Array.from({ length: width - 1 }, () => REST))
    this.at.column += width
  }

  private nextRow(): void {
    this.at.row += 1
    if (this.rows[this.at.row] === undefined) this.rows.push({ cells: [], wraps: false })
  }

  private row(): Row {
    const row = this.rows[this.at.row]
    if (row === undefined) throw new Error('the cursor is below the last row')
    return row
  }

  private joined(): string[][] {
    const lines: string[][] = [[]]
    for (const { cells, wraps } of this.rows) {
      lines.at(-1)?.push(...cells)
      if (!wraps) lines.push([])
    }
    return lines
  }
}

function broken(line: readonly string[], columns: number): Row[] {
  const rows: Row[] = []
  for (let from = 0; from === 0 || from < line.length; from += columns)
    rows.push({ cells: line.slice(from, from + columns), wraps: from + columns < line.length })
  return rows
}
