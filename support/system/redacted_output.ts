import { redactor, redactorOfOthers, type Redact } from './redaction'

/** The most bytes of a line that are kept back until its end is there. */
const MAX_KEPT = 64 * 1024

/**
 * Takes secrets out of output that comes in pieces of bytes, line by line. A line that is too long is looked at in parts. What
 * the end of a part has left of a secret is hidden as well. All other bytes stay as they are.
 */
export class RedactedOutput {
  private kept = ''
  /** True when the beginning of the line that is kept has been given already. */
  private isInLine = false
  private readonly redact: Redact
  private readonly redactPart: Redact
  private readonly isBare: boolean

  constructor(
    secrets: readonly string[],
    private readonly give: (piece: Buffer) => void,
  ) {
    // Bytes are read as one sign each. A secret stands there as its bytes, and is encoded as its text.
    const all = secrets.flatMap((secret) => [secret, Buffer.from(secret).toString('latin1')])
    this.redact = redactor(all)
    this.redactPart = redactorOfOthers(all)
    this.isBare = secrets.length === 0
  }

  take(piece: Buffer): void {
    if (this.isBare) return this.give(piece)
    this.kept += piece.toString('latin1')
    const end = this.kept.lastIndexOf('\n') + 1
    if (end > 0) {
      this.put(this.kept.slice(0, end), this.isInLine)
      this.kept = this.kept.slice(end)
      this.isInLine = false
    }
    if (this.kept.length <= MAX_KEPT) return
    this.put(this.kept, true)
    this.kept = ''
    this.isInLine = true
  }

  /** Gives the last line, where nothing ends it. */
  end(): void {
    if (this.kept !== '') this.put(this.kept, this.isInLine)
    this.kept = ''
  }

  private put(text: string, isPart: boolean): void {
    this.give(Buffer.from((isPart ? this.redactPart : this.redact)(text), 'latin1'))
  }
}
