/** A message that is no host's answer. One that `fails` means that the fleet is another than expected. */
export interface UnexpectedMessage {
  kind: string
  host: string
  detail: string
  fails: boolean
  /** The number of times that it came, where that was more than once. */
  times?: number
}

/** The most entries for unknown senders, of messages that fail and of those that do not. */
const MAX_UNEXPECTED = 1_000
/** The most characters that are kept of a name or a reason that a peer sent. */
const MAX_TEXT = 300

/**
 * Unexpected messages, one entry for each host and kind, with how often it came. A known host always has an entry of
 * its own. Unknown senders have so many, and the others one together. Harmless messages never take the place of those
 * that fail.
 */
export class UnexpectedMessages<M extends UnexpectedMessage> {
  private readonly entries = new Map<string, M>()
  private readonly strangers = { failing: 0, harmless: 0 }

  constructor(private readonly isKnown: (host: string) => boolean) {}

  add(message: M): void {
    const { kind, host, fails, times = 1 } = message
    const name = shorten(host)
    const key = keyOf(kind, name, fails)
    const entry = this.entries.get(key)
    if (entry !== undefined) return more(entry, times)
    const sort = fails ? 'failing' : 'harmless'
    if (!this.isKnown(host) && this.strangers[sort] >= MAX_UNEXPECTED) return this.addToOthers(message, times)
    if (!this.isKnown(host)) this.strangers[sort] += 1
    this.entries.set(key, { ...message, host: name, detail: shorten(message.detail) })
  }

  get all(): M[] {
    return [...this.entries.values()]
  }

  /** Returns all messages, and forgets them. */
  take(): M[] {
    const all = this.all
    this.entries.clear()
    this.strangers.failing = 0
    this.strangers.harmless = 0
    return all
  }

  private addToOthers(message: M, times: number): void {
    const key = keyOf(message.kind, OTHERS, message.fails)
    const entry = this.entries.get(key)
    if (entry !== undefined) return more(entry, times)
    const detail = `are more senders of messages that are ${message.kind}, beyond the first ${MAX_UNEXPECTED}`
    this.entries.set(key, { ...message, host: OTHERS, detail })
  }
}

/** The name of the entry for other senders; no identity has a space in it. */
const OTHERS = 'and others'

function keyOf(kind: string, host: string, fails: boolean): string {
  return `${fails} ${kind} ${host}`
}

function more(entry: UnexpectedMessage, times: number): void {
  entry.times = (entry.times ?? 1) + times
}

/** Cuts a text to a copy: a piece of a string keeps the whole of it in memory. */
function shorten(text: string): string {
  return text.length <= MAX_TEXT ? text : `${Buffer.from(text.slice(0, MAX_TEXT)).toString()}…`
}
