import type { KnownChange } from '../rpc/server/host'
import type { ProcessSight } from './processes'

/** An entry about requests that may change the host. Replies are in Base64. */
export type RequestEntry =
  | {
      type: 'began'
      id: string
      caller: string
      /** The time until which the request could come again, ms since 1970. */
      until: number
      replyTo: string
      /** The reply for a daemon that does not live to see how the request ended. */
      cutOff: string
    }
  | { type: 'ended'; id: string; reply: string }
  | { type: 'sent'; id: string }
  | ({ type: 'program' } & ProcessSight)
  | { type: 'gone'; pid: number }
  /** The process that wrote the entries that follow. */
  | { type: 'daemon'; pid: number }

/** A reply that is still to be sent. */
export interface Owed {
  id: string
  replyTo: string
  reply: Buffer
  /** True when the action had ended by then. */
  hasEnded: boolean
}

interface Request {
  began: RequestEntry & { type: 'began' }
  reply?: string
  isSent: boolean
}

/** Milliseconds for which somebody may still wait for an answer, after its request cannot come again. */
const OWED_FOR_MS = 600_000

/** The state of the requests and programs after all entries. */
export class Requests {
  private readonly requests = new Map<string, Request>()
  private readonly running = new Map<number, ProcessSight>()

  take(entry: RequestEntry): void {
    switch (entry.type) {
      case 'began':
        this.requests.set(entry.id, { began: entry, isSent: false })
        break
      case 'ended':
        this.change(entry.id, { reply: entry.reply })
        break
      case 'sent':
        this.settle(entry.id)
        break
      case 'program':
        this.running.set(entry.pid, { pid: entry.pid, began: entry.began })
        break
      case 'gone':
        this.running.delete(entry.pid)
        break
      case 'daemon':
    }
  }

  /** Forgets what cannot come again. An answer that is owed is kept for longer: its change may take minutes. */
  forget(now: number): void {
    for (const [id, { began, isSent }] of this.requests)
      if (began.until + (isSent ? 0 : OWED_FOR_MS) <= now) this.requests.delete(id)
  }

  /** Returns the changes that the host does not carry out again. */
  known(): KnownChange[] {
    return [...this.requests.values()].map(({ began: { id, caller, until } }) => ({ id, caller, until }))
  }

  owed(): Owed[] {
    return [...this.requests.values()]
      .filter(({ isSent }) => !isSent)
      .map(({ began: { id, replyTo, cutOff }, reply }) => ({
        id,
        replyTo,
        reply: Buffer.from(reply ?? cutOff, 'base64'),
        hasEnded: reply !== undefined,
      }))
  }

  programs(): ProcessSight[] {
    return [...this.running.values()]
  }

  /** Returns the fewest entries that lead to the same state. */
  entries(): RequestEntry[] {
    const requests = [...this.requests.values()].flatMap(({ began, reply, isSent }): RequestEntry[] => [
      began,
      ...(reply === undefined || isSent ? [] : [{ type: 'ended' as const, id: began.id, reply }]),
      ...(isSent ? [{ type: 'sent' as const, id: began.id }] : []),
    ])
    return [...requests, ...this.programs().map((reading) => ({ type: 'program' as const, ...reading }))]
  }

  /** Forgets the replies of a request that is answered. Only the fact of the request still matters. */
  private settle(id: string): void {
    const request = this.requests.get(id)
    if (request !== undefined)
      this.requests.set(id, { began: { ...request.began, cutOff: '' }, isSent: true })
  }

  private change(id: string, to: Partial<Request>): void {
    const request = this.requests.get(id)
    if (request !== undefined) this.requests.set(id, { ...request, ...to })
  }
}
