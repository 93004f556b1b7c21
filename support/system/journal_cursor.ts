import { JournalLines, type EntryReader, type JournalFault } from './journal_reading'
import { wholeLinesAt } from './regular_file'

/** An entry of a journal, and the byte behind its line. */
export interface PlacedEntry<E> {
  entry: E
  offset: number
}

/**
 * A reader of a journal that is still written: it goes from entry to entry, and makes each of them only when it is asked for. Only
 * lines that are whole count.
 */
export class JournalCursor<E> {
  private readonly lines: JournalLines<E>
  private made: E | undefined
  /** Lines that are read and not heard yet, the next one last. */
  private waiting: string[] = []
  private heard = 0
  private found: JournalFault | undefined

  constructor(
    private readonly path: string,
    read: EntryReader<E>,
  ) {
    this.lines = new JournalLines<E>(read, (entry) => (this.made = entry))
  }

  /** The byte behind the last line that was heard. */
  get offset(): number {
    return this.heard
  }

  /** The fault behind which nothing more is read. */
  get fault(): JournalFault | undefined {
    return this.found
  }

  /**
   * Returns the next entry; undefined where no whole line is left, or none that is what was written.
   * @throws Error of the system where the file cannot be read
   */
  next(): PlacedEntry<E> | undefined {
    while (this.found === undefined) {
      const line = this.nextLine()
      if (line === undefined) return undefined
      this.made = undefined
      this.found = this.lines.hear(line, true)
      if (this.found !== undefined) return undefined
      this.heard += Buffer.byteLength(line) + 1
      if (this.made !== undefined) return { entry: this.made, offset: this.heard }
    }
    return undefined
  }

  private nextLine(): string | undefined {
    if (this.waiting.length === 0)
      this.waiting = wholeLinesAt(this.path, this.heard).text.split('\n').slice(0, -1).toReversed()
    return this.waiting.pop()
  }
}
