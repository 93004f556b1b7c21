import { stripVTControlCharacters } from 'node:util'
import { columnsOf, cutColumns } from '../../system/columns'

/** The columns of the longest label that still leaves room for words beside it. */
const MAX_LABEL = 40

/**
 * Writes lines of text of a given width. On lively paper the last line can be written over while a step is under way.
 */
export class LineWriter {
  private open = ''

  constructor(
    private readonly write: (text: string) => void,
    private readonly width: number,
    private readonly lively: boolean,
    /** Redacts secrets in a text, before its words are broken over lines. */
    private readonly redact: (text: string) => string = (text) => text,
  ) {}

  line(text: string): void {
    this.settle()
    this.write(`${text}\n`)
  }

  /** Begins a line that is not finished yet; it is shown only where it can be written over. */
  begin(text: string): void {
    if (!this.lively) return
    this.open = text
    this.over(text)
  }

  progress(text: string): void {
    if (this.lively && this.open !== '') this.over(`${this.open}  ${text}`)
  }

  /**
   * Finishes the open line; `aside` stands at the right where there is room. `length` is in columns, and that of
   * `text`.
   */
  end(text: string, length: number, aside: string): void {
    this.settle()
    const gap = this.width - length - columnsOf(aside)
    if (aside === '') this.write(`${text}\n`)
    else if (gap >= 2) this.write(`${text}${' '.repeat(gap)}${aside}\n`)
    else this.write(`${text}\n${' '.repeat(Math.max(0, this.width - aside.length))}${aside}\n`)
  }

  settle(): void {
    if (this.lively && this.open !== '') this.write('\r\u001B[2K')
    this.open = ''
  }

  /** Writes words after a label, aligned with each other, in at most `lines` lines. */
  list(label: string, words: readonly string[], lines: number, paint: (text: string) => string): void {
    const whole = columnsOf(words.join(', '))
    const own = columnsOf(label)
    if (own > MAX_LABEL && own + whole > this.width) {
      const indent = label.length - label.trimStart().length
      this.wrapped(label.trimEnd(), indent + 2, (line) => line)
      return this.list(' '.repeat(indent + 2), words, lines, paint)
    }
    const indent = ' '.repeat(own)
    const rows: string[] = ['']
    words.forEach((word, index) => {
      const text = index === words.length - 1 ? word : `${word}, `
      const row = rows.at(-1) ?? ''
      if (row !== '' && own + columnsOf(row) + columnsOf(text.trimEnd()) > this.width) rows.push(text)
      else rows[rows.length - 1] = row + text
    })
    const shown = rows.slice(0, lines)
    if (rows.length > lines)
      shown.push(`… and ${words.length - shown.join('').split(', ').filter(Boolean).length} more`)
    shown.forEach((row, index) => this.line(`${index === 0 ? label : indent}${paint(row.trimEnd())}`))
  }

  /** Writes one paragraph, broken between words; lines after the first are indented by `indent` columns. */
  wrapped(text: string, indent: number, paint: (line: string) => string): void {
    const lead = /^ */.exec(text)?.[0] ?? ''
    let row = lead
    for (const word of this.redact(text).trim().split(' ')) {
      if (row.trim() !== '' && columnsOf(row) + 1 + columnsOf(word) > this.width) {
        this.line(paint(row))
        row = ' '.repeat(indent) + word
      } else row += row.trim() === '' ? word : ` ${word}`
    }
    this.line(paint(row))
  }

  private over(text: string): void {
    this.write(
      `\r\u001B[2K${columnsOf(text) >= this.width ? `${cutColumns(stripVTControlCharacters(text), this.width - 2)}…` : text}`,
    )
  }
}
