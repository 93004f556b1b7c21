import { DELIMITERS, type Delimiter } from '../config/inventory_sources'
import { LockstepError } from '../system/errors'
import { isClass, isFact, type Host } from './host'
import { excerpt } from '../system/redaction'

/** The place of each column of a header. */
interface Columns {
  names: readonly string[]
  host: number
  environment: number
  role: number
  classes: number
  facts: readonly { name: string; index: number }[]
}

/** The most different values that are kept for sharing: a value that many rows have alike is kept once. */
const MAX_KINDS = 10_000
/** Matches cells that spreadsheets execute, and those that are no plain line of text. */
const SUSPICIOUS = /^[=+\-@]|[\p{Cc}\u2028\u2029\uFFFD]/u
const NUMBER = /^[+-]?\d+(\.\d+)?$/
const SEPARATED: Readonly<Record<Delimiter, string>> = {
  comma: 'commas',
  semicolon: 'semicolons',
  tab: 'tabs',
}

/** A reader of the rows of a CSV file, the header first, as hosts. */
export class CsvTable {
  private columns: Columns | undefined
  private lastLine = 0
  private hosts = 0
  private readonly classes = new Map<string, readonly string[]>()
  private readonly texts = new Map<string, string>()

  constructor(
    private readonly path: string,
    private readonly delimiter: Delimiter,
    private readonly add: (host: Host) => void,
  ) {}

  /** Takes the next row; `line` is where it ends. @throws LockstepError `bad-config` */
  row(written: readonly string[], line: number): void {
    const cells = written.map((cell) => cell.trim())
    if (cells.length > 1 || cells[0] !== '') {
      if (this.columns === undefined) this.columns = this.header(cells, line)
      else this.add(this.host(this.columns, cells, line))
    }
    this.lastLine = line
  }

  end(): void {
    if (this.columns === undefined)
      throw new LockstepError('bad-config', `${this.path} is empty; expected a header with the column host`)
    if (this.hosts === 0) throw new LockstepError('bad-config', `${this.path} lists no host`)
  }

  /** The line of the row that could not be read. */
  get nextLine(): number {
    return this.lastLine + 1
  }

  /** A hint at another delimiter, for a file that cannot even be read to the end of its header; empty otherwise. */
  get hint(): string {
    if (this.columns !== undefined) return ''
    return ` (cells are separated by ${SEPARATED[this.delimiter]}; otherwise say { csv: …, delimiter: … })`
  }

  private host(columns: Columns, cells: readonly string[], line: number): Host {
    const { names } = columns
    if (cells.length !== names.length)
      throw this.fault(line, `${formatCount(cells.length, 'cell')}, where the header has ${names.length}`)
    for (const [index, cell] of cells.entries())
      if (SUSPICIOUS.test(cell)) this.expectText(cell, names[index] ?? '', line)
    const name = cells[columns.host] ?? ''
    const environment = cells[columns.environment]
    if (name === '') throw this.fault(line, 'host is empty; expected the name of a host')
    if (environment === '')
      throw this.fault(
        line,
        `environment of ${name} is empty; expected one, or no such column if the hosts belong to all`,
      )
    this.hosts += 1
    return {
      name,
      environment: environment === undefined ? undefined : this.once(environment),
      classes: this.classesOf(columns, cells, line),
      facts: this.factsOf(columns, cells),
      from: `${this.path}:${line}`,
    }
  }

  private factsOf(columns: Columns, cells: readonly string[]): Host['facts'] {
    const facts: Record<string, string> = {}
    for (const { name, index } of columns.facts) {
      const value = cells[index] ?? ''
      if (value !== '') facts[name] = this.once(value)
    }
    return facts
  }

  /** Returns the classes of a row; the role is one of them. */
  private classesOf(columns: Columns, cells: readonly string[], line: number): Host['classes'] {
    const [role = '', more = ''] = [cells[columns.role], cells[columns.classes]]
    const written = `${role}\0${more}`
    const known = this.classes.get(written)
    if (known !== undefined) return known
    const all = [...new Set([role, ...more.split(' ')].filter((name) => name !== ''))]
    const wrong = all.find((name) => !isClass(name))
    if (wrong !== undefined)
      throw this.fault(
        line,
        `${JSON.stringify(excerpt(wrong, 80))} is no class; expected one such as roles::web, several with spaces in between`,
      )
    if (this.classes.size < MAX_KINDS) this.classes.set(written, all)
    return all
  }

  private once(text: string): string {
    const known = this.texts.get(text)
    if (known !== undefined) return known
    if (this.texts.size < MAX_KINDS) this.texts.set(text, text)
    return text
  }

  private header(cells: readonly string[], line: number): Columns {
    if (!cells.includes('host')) throw this.headerWithoutHost(cells, line)
    cells.forEach((name, index) => {
      if (name === '') throw this.fault(line, `column ${index + 1} has no name`)
      const shown = JSON.stringify(excerpt(name, 80))
      if (cells.indexOf(name) < index) throw this.fault(line, `the column ${shown} is there twice`)
      if (!isFact(name))
        throw this.fault(line, `${shown} is no name for a fact; expected letters, digits, _ . : -`)
    })
    return {
      names: cells,
      host: cells.indexOf('host'),
      environment: cells.indexOf('environment'),
      role: cells.indexOf('role'),
      classes: cells.indexOf('classes'),
      facts: cells
        .map((name, index) => ({ name, index }))
        .filter(({ name }) => !['host', 'environment', 'classes'].includes(name)),
    }
  }

  private headerWithoutHost(cells: readonly string[], line: number): LockstepError {
    const text = cells.join(DELIMITERS[this.delimiter])
    const other = (Object.keys(DELIMITERS) as Delimiter[]).find((name) =>
      text
        .split(DELIMITERS[name])
        .map((cell) => cell.trim())
        .includes('host'),
    )
    if (other !== undefined)
      return this.fault(
        line,
        `the header, separated by ${SEPARATED[this.delimiter]}, has no column host, and would have one separated by ${SEPARATED[other]}; say { csv: …, delimiter: ${other} }`,
      )
    const shown = cells.map((cell) => JSON.stringify(excerpt(cell, 40))).slice(0, 10)
    return this.fault(line, `the header has no column host; it has ${shown.join(', ')}`)
  }

  /** Refuses a cell that is suspicious, but for a number: spreadsheets take it for what it is, with any sign. */
  private expectText(cell: string, column: string, line: number): void {
    const what = (reason: string) =>
      this.fault(line, `the cell ${JSON.stringify(excerpt(cell, 80))} of column ${column} ${reason}`)
    if (cell.includes('\uFFFD')) throw what('is not UTF-8; save the file as UTF-8')
    if (/[\p{Cc}\u2028\u2029]/u.test(cell))
      throw what('holds a line break or a control character; expected one line of text')
    if (!NUMBER.test(cell))
      throw what(`begins with ${cell[0]}, which spreadsheets execute; expected plain text or a number`)
  }

  private fault(line: number, what: string): LockstepError {
    return new LockstepError('bad-config', `${this.path}:${line}: ${what}`)
  }
}

function formatCount(n: number, what: string): string {
  return n === 1 ? `1 ${what}` : `${n} ${what}s`
}
