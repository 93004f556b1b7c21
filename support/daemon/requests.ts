import type { KnownChange } from '../rpc/server/host'
import type { ProcessSight } from './processes'

/** What a daemon writes down of the requests that may change its host. Replies are in Base64. */
export type RequestEntry =
  | {
      type: 'began'
      id: string
      caller: string
      /** Until when the same request could come again, ms since 1970. */
      until: number
      replyTo: string
      /** What is answered if the daemon does not live to see how it ended. */
      cutOff: string
    }
  | { type: 'ended'; id: string; reply: string }
  | { type: 'sent'; id: string }
  | ({ type: 'program' } & ProcessSight)
  | { type: 'gone'; pid: number }
  /** Which process wrote what follows. */
  | { type: 'daemon'; pid: number }

/** A reply that is still to be sent. */
export interface Owed {
  id: string
  replyTo: string
  reply: Buffer
  /** Whether the action had ended by then. */
  hasEnded: boolean
}

interface Request {
  began: RequestEntry & { type: 'began' }
  reply?: string
  isSent: boolean
}

/** What such entries come to. */
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

  forget(now: number): void {
    for (const [id, { began }] of this.requests) if (began.until <= now) this.requests.delete(id)
  }

  /** Changes that must not be carried out again. */
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

  /** The entries that say the same again, and nothing else. */
  entries(): RequestEntry[] {
    const requests = [...this.requests.values()].flatMap(({ began, reply, isSent }): RequestEntry[] => [
      began,
      ...(reply === undefined || isSent ? [] : [{ type: 'ended' as const, id: began.id, reply }]),
      ...(isSent ? [{ type: 'sent' as const, id: began.id }] : []),
    ])
    return [...requests, ...this.programs().map((sight) => ({ type: 'program' as const, ...sight }))]
  }

  /** Nobody needs the replies any more: that the request was there is all that has to be known. */
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
