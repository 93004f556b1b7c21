import type { Person } from '../../people/person'
import type { Clock } from '../../system/clock'
import { streamTo, type Feed } from './client_stream'
import { FollowedRun } from './followed_run'
import { standingOf, type ProcessSurroundings } from './run_process'
import { Watcher } from './watcher'

/** The most clients that are told what is new at a time, pages and programs alike, and those of one person. */
export const MAX_STREAMS = 100
export const MAX_STREAMS_OF_PERSON = 10
/** The most runs that are watched at a time. */
export const MAX_WATCHED = 20
/** Milliseconds for which a run is still watched after the last who looked: a page is followed by its events. */
const LINGER_MS = 10_000

/** A refusal of one more, as a sentence, and the seconds after which it may be tried again. */
export interface TooMany {
  sentence: string
  retryAfterS: number
}

interface Watched {
  watcher: Watcher
  started: Promise<void>
  users: number
  stopLinger: () => void
}

/** The runs that are watched: each once, however many look at it. */
export class Watchers {
  private readonly watched = new Map<string, Watched>()
  private streams = 0
  private readonly streamsOf = new Map<string, number>()

  constructor(
    private readonly clock: Clock,
    private readonly surroundings: ProcessSurroundings,
  ) {}

  /** The number of runs that are watched now. */
  get size(): number {
    return this.watched.size
  }

  /** Resolves with what `use` makes of the page of a run, once its journal is read; the run is watched meanwhile. */
  async with<T>(
    run: string,
    journal: { path: string; name: string },
    use: (watcher: Watcher) => T | Promise<T>,
  ): Promise<T | TooMany> {
    const own = this.take(run, journal)
    if (own === undefined) return TOO_MANY_RUNS
    try {
      await own.started
      if (own.watcher.failure !== undefined) throw own.watcher.failure.error
      return await use(own.watcher)
    } finally {
      this.leave(run, own)
    }
  }

  /** Returns the events of a run for a person, until the signal or the run ends; or why there are none. */
  stream(
    run: string,
    journal: { path: string; name: string },
    { person, signal, feedOf }: { person: Person; signal: AbortSignal; feedOf: (watcher: Watcher) => Feed },
  ): ReadableStream<Uint8Array> | TooMany {
    if (this.streams >= MAX_STREAMS) return TOO_MANY_STREAMS
    const ofPerson = this.streamsOf.get(person.name) ?? 0
    if (ofPerson >= MAX_STREAMS_OF_PERSON) return TOO_MANY_OF_PERSON
    const own = this.take(run, journal)
    if (own === undefined) return TOO_MANY_RUNS
    this.streams += 1
    this.streamsOf.set(person.name, ofPerson + 1)
    const onEnd = () => {
      this.streams -= 1
      const left = (this.streamsOf.get(person.name) ?? 1) - 1
      if (left === 0) this.streamsOf.delete(person.name)
      else this.streamsOf.set(person.name, left)
      this.leave(run, own)
    }
    const { watcher } = own
    return streamTo({ watcher, feed: feedOf(watcher), clock: this.clock, signal, onEnd })
  }

  private take(run: string, { path, name }: { path: string; name: string }): Watched | undefined {
    let own = this.watched.get(run)
    // A closed run may have gone on since, or its journal may have come back: it is looked at anew.
    if (own?.users === 0 && (own.watcher.isClosed || own.watcher.failure !== undefined)) {
      this.drop(run, own)
      own = undefined
    }
    if (own === undefined) {
      if (this.watched.size >= MAX_WATCHED && !this.dropIdle()) return undefined
      const followed = new FollowedRun(path, name, run)
      const watcher = new Watcher(followed, this.clock, () => standingOf(followed.process, this.surroundings))
      own = { watcher, started: watcher.start(), users: 0, stopLinger: () => {} }
      this.watched.set(run, own)
    }
    own.users += 1
    own.stopLinger()
    return own
  }

  private leave(run: string, own: Watched): void {
    own.users -= 1
    if (own.users > 0) return
    own.stopLinger = this.clock.after(LINGER_MS, () => this.drop(run, own))
  }

  private drop(run: string, own: Watched): void {
    own.stopLinger()
    own.watcher.stop()
    if (this.watched.get(run) === own) this.watched.delete(run)
  }

  private dropIdle(): boolean {
    const idle = [...this.watched].find(([, { users }]) => users === 0)
    if (idle !== undefined) this.drop(...idle)
    return idle !== undefined
  }
}

const TOO_MANY_STREAMS: TooMany = {
  sentence: `${MAX_STREAMS} pages and programs are shown rollouts live already; come again to see more.`,
  retryAfterS: 30,
}
const TOO_MANY_OF_PERSON: TooMany = {
  sentence: `You have ${MAX_STREAMS_OF_PERSON} live pages or streams open; close one of them, and come again.`,
  retryAfterS: 30,
}
const TOO_MANY_RUNS: TooMany = {
  sentence: `${MAX_WATCHED} rollouts are looked at already; try this one again in half a minute.`,
  retryAfterS: 30,
}
