/** How something ended that a host was told to do. */
export interface Answer {
  id: string
  /** The exit status, as a shell of the host tells it: 128 and more for a signal. */
  status: number
  /** Why it did not end by itself, in a word of the shell program; undefined where it did. */
  fault: string | undefined
  stdout: Buffer
  stderr: Buffer
}

/** What a host says first of itself. */
export interface Greeting {
  /** The id of the host's start: another one says that all processes of before are gone. */
  boot: string
  uid: number
}

/** What comes over a session. */
export interface Hearing {
  onGreeting(greeting: Greeting): void
  onAnswer(answer: Answer): void
  /** The shell program cannot work on this host: a word and its details. */
  onFault(word: string, details: string): void
  /** What came is no answer; nothing after it is read. */
  onNonsense(line: string): void
}

/** The most bytes of a line that the shell program writes. */
const MAX_LINE = 4096
const MAX_OUTPUT = 256 * 1024 * 1024

/**
 * Reads the answers of a shell program from the pieces of a stream. Before the greeting there may be anything: what a host says to
 * those who log in. After it each byte is accounted for.
 */
export class Answers {
  private pending: Buffer[] = []
  private pendingBytes = 0
  private head:
    { id: string; status: number; fault: string | undefined; out: number; err: number } | undefined
  private isGreeted = false
  private isOver = false

  constructor(
    private readonly token: string,
    private readonly hearing: Hearing,
  ) {}

  take(piece: Buffer): void {
    if (this.isOver) return
    this.pending.push(piece)
    this.pendingBytes += piece.length
    for (;;) {
      if (this.isOver) return
      if (this.head !== undefined) {
        const { out, err, ...rest } = this.head
        if (this.pendingBytes < out + err) return
        const bytes = this.cut(out + err)
        this.head = undefined
        this.hearing.onAnswer({ ...rest, stdout: bytes.subarray(0, out), stderr: bytes.subarray(out) })
        continue
      }
      const line = this.line()
      if (line === undefined) return
      this.read(line)
    }
  }

  private read(line: string): void {
    const [token, word, ...rest] = line.split(' ')
    if (!this.isGreeted) {
      if (token !== this.token) return
      if (word === 'fault') this.hearing.onFault(rest[0] ?? '', rest.slice(1).join(' '))
      if (word !== 'ready') return
      this.isGreeted = true
      this.hearing.onGreeting({ boot: rest[0] ?? '', uid: Number(rest[1]) })
      return
    }
    const [id, status, fault, out, err] = rest
    const numbers = [status, out, err].map((text) => (/^\d{1,9}$/.test(text ?? '') ? Number(text) : NaN))
    const [statusNumber = NaN, outBytes = NaN, errBytes = NaN] = numbers
    const isWhole = token === this.token && word === 'done' && id !== undefined && fault !== undefined
    if (!isWhole || numbers.some(Number.isNaN) || outBytes + errBytes > MAX_OUTPUT) return this.giveUp(line)
    this.head = {
      id,
      status: statusNumber,
      fault: fault === '-' ? undefined : fault,
      out: outBytes,
      err: errBytes,
    }
  }

  /** Returns the next line; undefined where it is not whole yet. */
  private line(): string | undefined {
    const last = this.pending.at(-1)
    if (last === undefined) return undefined
    let all = last
    if (this.pending.length > 1) {
      all = Buffer.concat(this.pending)
      this.pending = [all]
    }
    const end = all.indexOf(0x0a)
    if (end >= 0) return this.cut(end + 1).toString('latin1', 0, end)
    if (all.length <= MAX_LINE) return undefined
    if (this.isGreeted) this.giveUp(all.toString('latin1', 0, MAX_LINE))
    // Of a long line that comes before the greeting, the end alone could be of use.
    else this.cut(all.length - MAX_LINE)
    return undefined
  }

  private cut(bytes: number): Buffer {
    const all = this.pending.length === 1 ? (this.pending[0] ?? Buffer.alloc(0)) : Buffer.concat(this.pending)
    const rest = all.subarray(bytes)
    this.pending = rest.length > 0 ? [rest] : []
    this.pendingBytes = rest.length
    return all.subarray(0, bytes)
  }

  private giveUp(line: string): void {
    this.isOver = true
    this.pending = []
    this.hearing.onNonsense(line)
  }
}
