import type { Person } from '../../people/person'
import type { Clock } from '../../system/clock'
import type { ConsoleRequest } from '../route'
import type { Feed } from './client_stream'
import { listRunJournals, type RunJournal } from './run_journals'
import type { ProcessSurroundings } from './run_process'
import { RunSummaries } from './run_summaries'
import type { Watcher } from './watcher'
import { Watchers, type TooMany } from './watchers'

/** A rollout that somebody may look at. */
export interface SeenRun {
  journal: RunJournal
  environment: string
}

/** A request for a rollout by its name, which is hostile text. */
export interface RunRequest {
  run: string
  may: ConsoleRequest['may']
}

/** The rollouts of a state folder, for pages and programs alike: who may not look at one is told that it is not there. */
export class LiveRuns {
  readonly summaries: RunSummaries
  private readonly watchers: Watchers

  constructor(
    /** The folder of the state, as an absolute path. */
    private readonly state: string,
    private readonly clock: Clock,
    surroundings: ProcessSurroundings,
  ) {
    this.watchers = new Watchers(clock, surroundings)
    this.summaries = new RunSummaries(surroundings)
  }

  now(): number {
    return this.clock.now()
  }

  /** Returns the journals of all rollouts, the newest first. */
  journals(): RunJournal[] {
    return listRunJournals(this.state)
  }

  /** Resolves with a rollout; undefined for one that is not there, or that may not be looked at. */
  async find({ run, may }: RunRequest): Promise<SeenRun | undefined> {
    const journal = this.journals().find((each) => each.run === run)
    const environment = journal && (await this.summaries.environmentOf(journal))
    if (journal === undefined || environment === undefined || !may('look', environment)) return undefined
    return { journal, environment }
  }

  /** Resolves with what `use` makes of a rollout that is watched meanwhile; undefined for one that is not to be seen. */
  async watch<T>(
    request: RunRequest,
    use: (watcher: Watcher, seen: SeenRun) => T | Promise<T>,
  ): Promise<T | TooMany | undefined> {
    // Somebody who may not look takes no place of a watcher, and learns nothing from how many there are.
    const seen = await this.find(request)
    if (seen === undefined) return undefined
    const { journal, environment } = seen
    return this.watchers.with(journal.run, journal, (watcher) => {
      const isSame = watcher.environment === environment && request.may('look', environment)
      return isSame ? use(watcher, seen) : undefined
    })
  }

  /** Returns the events of a rollout for a person, until the signal or the run ends; or why there are none. */
  stream(
    { journal }: SeenRun,
    whose: { person: Person; signal: AbortSignal; feedOf: (watcher: Watcher) => Feed },
  ): ReadableStream<Uint8Array> | TooMany {
    return this.watchers.stream(journal.run, journal, whose)
  }
}
