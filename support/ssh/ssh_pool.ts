/** How many ssh processes there are for all hosts together. */
export interface SshLimits {
  /** The most ssh processes; a session that does nothing is closed when another host needs its place. */
  sessions?: number
  /** The most logins under way: an sshd drops logins at random from its tenth that has not been authenticated. */
  logins?: number
}

const MAX_SESSIONS = 64
const MAX_LOGINS = 8

/** A place for one ssh process. A place that is at rest may be taken away. */
export interface SshPlace {
  busy(): void
  rest(): void
  leave(): void
}

interface Place {
  isAtRest: boolean
  /** Ends the session in the place, so that it leaves it. */
  close(): void
}

/** What all hosts share: places for ssh processes, and turns to log in. */
export class SshPool {
  /** Those at rest are in the order in which they came to rest. */
  private readonly places = new Set<Place>()
  private readonly sessions: Turns
  private readonly logins: Turns

  constructor({ sessions = MAX_SESSIONS, logins = MAX_LOGINS }: SshLimits = {}) {
    this.sessions = new Turns(sessions)
    this.logins = new Turns(logins)
  }

  /**
   * Resolves with a place, busy at first. `close` is called when a place at rest is needed for another; the place is free when it
   * is left.
   * @throws the signal's reason
   */
  async enter(close: () => void, signal: AbortSignal): Promise<SshPlace> {
    const turn = this.sessions.take(signal)
    this.makeRoom()
    const leave = await turn
    const place: Place = { isAtRest: false, close }
    this.places.add(place)
    return {
      busy: () => void (place.isAtRest = false),
      rest: () => {
        if (!this.places.delete(place)) return
        place.isAtRest = true
        this.places.add(place)
        this.makeRoom()
      },
      leave: () => {
        this.places.delete(place)
        leave()
      },
    }
  }

  /**
   * Logs in when there is a turn.
   * @throws the signal's reason, and what `work` throws
   */
  async login<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    const leave = await this.logins.take(signal)
    try {
      return await work()
    } finally {
      leave()
    }
  }

  /** Closes the session that has been at rest for longest where someone waits for a place. */
  private makeRoom(): void {
    if (this.sessions.waiting === 0) return
    for (const place of this.places) {
      if (!place.isAtRest) continue
      // It is closed once, and leaves by itself.
      this.places.delete(place)
      place.close()
      return
    }
  }
}

/** A number of turns that may be taken at once; who comes first is served first. */
class Turns {
  private taken = 0
  private readonly queue = new Set<() => void>()

  constructor(private readonly atMost: number) {}

  get waiting(): number {
    return this.queue.size
  }

  /** Resolves with what gives the turn back. @throws the signal's reason */
  take(signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted()
    if (this.taken < this.atMost) return Promise.resolve(this.give())
    return new Promise((resolve, reject) => {
      const begin = () => {
        signal.removeEventListener('abort', abort)
        this.queue.delete(begin)
        resolve(this.give())
      }
      const abort = () => {
        this.queue.delete(begin)
        reject(signal.reason as Error)
      }
      signal.addEventListener('abort', abort, { once: true })
      this.queue.add(begin)
    })
  }

  private give(): () => void {
    this.taken += 1
    let isGiven = true
    return () => {
      if (!isGiven) return
      isGiven = false
      this.taken -= 1
      const [next] = this.queue
      next?.()
    }
  }
}
