import { columnsOf, cutColumns } from '../../system/columns'
import { formatHostLines } from '../host_lines'

/** The columns of the longest label that still leaves room for words beside it. */
const MAX_LABEL = 40
/** The columns that names of hosts need at least. */
const MIN_ROOM = 30

/** Writes lines of text that stay, in the width that there is by then. */
export class LineWriter {
  constructor(
    private readonly write: (text: string) => void,
    private readonly columns: () => number,
    /** Redacts secrets in a text, before its words are broken over lines. */
    private readonly redact: (text: string) => string = (text) => text,
    /** True when all hosts are named, however many lines they take. */
    readonly namesAll = false,
  ) {}

  /** True once something was cut, or counted in place of its names. */
  hasCut = false

  private get width(): number {
    return this.columns()
  }

  line(text: string): void {
    this.write(`${text}\n`)
  }

  /**
   * Writes a line with an aside at its right, in the first of its forms that there is room for beside the text; or else
   * in the first form, below the text. `length` is in columns, and that of `text`.
   */
  lineWith(text: string, length: number, ...asides: readonly string[]): void {
    const [first = ''] = asides
    if (first === '') return this.line(text)
    const fitting = asides.find((aside) => this.width - length - columnsOf(aside) >= 2)
    const aside = fitting ?? first
    const before = ' '.repeat(
      Math.max(0, this.width - (fitting === undefined ? 0 : length) - columnsOf(aside)),
    )
    this.write(`${text}${fitting === undefined ? '\n' : ''}${before}${aside}\n`)
  }

  /** Returns whether a text is no wider than a line. */
  fits(text: string): boolean {
    return columnsOf(text) <= this.width
  }

  /** Cuts a text that is wider than a line. */
  cut(text: string): string {
    if (this.fits(text)) return text
    this.hasCut = true
    return `${cutColumns(text, this.width - 1)}…`
  }

  /** Writes hosts after a label, in at most `most` lines. Those that have no room there are counted. */
  hosts(
    label: string,
    hosts: readonly string[],
    most: number,
    paint: (text: string) => string = (text) => text,
  ): void {
    const own = columnsOf(label)
    const room = this.width - own
    const lines = formatHostLines(hosts, Math.max(room, MIN_ROOM), this.namesAll ? Infinity : most)
    if (own > MAX_LABEL && (lines.length > 1 || columnsOf(lines[0] ?? '') > room)) {
      const indent = label.length - label.trimStart().length
      this.wrapped(label.trimEnd(), indent + 2, (line) => line)
      return this.hosts(' '.repeat(indent + 2), hosts, most, paint)
    }
    if (lines.at(-1)?.endsWith(' more') === true) this.hasCut = true
    lines.forEach((line, index) => this.line(`${index === 0 ? label : ' '.repeat(own)}${paint(line)}`))
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
}
