import { pause } from '../system/clock'
import { Session } from './session'
import { SshFault } from './ssh_fault'
import type { SshOptions, SshTarget } from './ssh_options'
import type { SshPlace } from './ssh_pool'

/** A session in its place of the pool, and how many use it. */
interface Seat {
  session: Session
  place: SshPlace
  users: number
}

/** Milliseconds before a login that was dropped is tried again; each time longer. */
const RETRY_AFTER_MS = [500, 1_500, 4_000]

/** The one session of a host: built when it is used, given up when others need its place, and built again. */
export class Sessions {
  private seat: Seat | undefined
  private opening: Promise<Seat> | undefined
  private readonly over = new AbortController()

  constructor(
    private readonly target: SshTarget,
    private readonly options: SshOptions,
  ) {}

  /**
   * Does something with the session, which stays open as long as that takes.
   * @throws SshFault when there is no session to be had, or the signal's reason; and what `work` throws
   */
  async use<T>(signal: AbortSignal, work: (session: Session) => Promise<T>): Promise<T> {
    const seat = await this.take(signal)
    try {
      return await work(seat.session)
    } finally {
      seat.users -= 1
      if (seat.users === 0) seat.place.rest()
    }
  }

  async close(): Promise<void> {
    this.over.abort(new SshFault('closed', 'the session with it was closed'))
    await this.opening?.catch(() => {})
    const { seat } = this
    if (seat === undefined) return
    seat.session.close()
    await seat.session.gone
  }

  private async take(signal: AbortSignal): Promise<Seat> {
    for (;;) {
      signal.throwIfAborted()
      this.over.signal.throwIfAborted()
      const { seat } = this
      if (seat?.session.isOpen !== true) {
        const made = await orAborted(this.open(), signal)
        // It may have been lost, or given up, since.
        if (!made.session.isOpen) continue
        return taken(made)
      }
      taken(seat)
      if (!seat.session.isStale) return seat
      try {
        await orAborted(seat.session.prove(), signal)
        return seat
      } catch (error) {
        seat.users -= 1
        if (seat.users === 0) seat.place.rest()
        if (signal.aborted) throw error
      }
    }
  }

  /** Builds the session; all that wait for it wait for the same one. A user who goes away ends it for no other. */
  private open(): Promise<Seat> {
    this.opening ??= this.build(this.over.signal).finally(() => (this.opening = undefined))
    // Those who have waited may all be gone.
    this.opening.catch(() => {})
    return this.opening
  }

  private async build(signal: AbortSignal): Promise<Seat> {
    let session: Session | undefined
    const place = await this.options.pool.enter(() => session?.close(), signal)
    try {
      session = await this.login(signal)
    } catch (error) {
      place.leave()
      throw error
    }
    const seat: Seat = { session, place, users: 0 }
    this.seat = seat
    void session.gone.then(() => {
      place.leave()
      if (this.seat === seat) this.seat = undefined
    })
    // Those who have waited for it may all have gone away.
    setImmediate(() => {
      if (seat.users === 0) place.rest()
    })
    return seat
  }

  /** Logs in. A login that was dropped before it came about is tried again: nothing was told to the host. */
  private async login(signal: AbortSignal): Promise<Session> {
    const { pool, clock } = this.options
    for (const after of [...RETRY_AFTER_MS, undefined]) {
      try {
        return await pool.login(signal, () => Session.open(this.target, this.options, signal))
      } catch (error) {
        if (after === undefined || !(error instanceof SshFault) || error.kind !== 'dropped') throw error
        // Those that were dropped together do not come back together.
        await pause(clock, after * (0.5 + Math.random()), signal)
      }
    }
    throw new SshFault('dropped', 'the connection to it is dropped before the login')
  }
}

function taken(seat: Seat): Seat {
  seat.users += 1
  seat.place.busy()
  return seat
}

/** Resolves as a promise does, or rejects with the signal's reason as soon as it is aborted. */
function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason as Error)
    if (signal.aborted) return abort()
    signal.addEventListener('abort', abort, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}
