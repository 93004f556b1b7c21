import type { Clock } from '../system/clock'
import type { WantedLists } from './announced_packages'
import { Backoff } from './backoff'
import type { FetchAnswers } from './events'
import type { FetchRound } from './fetcher'
import type { PipelineLog } from './receive'
import { recordHosts, recordReasons } from './recorded_hosts'

const AGAIN_FIRST_MS = 2_000
const AGAIN_MOST_MS = 600_000
/** Milliseconds in which announcements that follow each other become one round. */
const SETTLE_MS = 3_000

/** The order that hosts get: to refresh their package lists. */
export interface RefreshOrder extends WantedLists {
  environment: string
  /** The class of the hosts. */
  hostClass: string
  /** The hosts that have done so since the announcement, and are not asked again. */
  done: ReadonlySet<string>
  /** The hosts that had not done so in the round before: each counts, also where no inventory tells of it. */
  missing: ReadonlySet<string>
}

/** The hosts of environments, as a refresh needs them. */
export interface Refreshes {
  /** Has the hosts of a class refresh their lists, and asks for the versions then. It installs nothing. */
  refresh(order: RefreshOrder, signal: AbortSignal): Promise<FetchRound>
}

export interface RefresherParts {
  repository: string
  environment: string
  hostClass: string
  log: PipelineLog
  fleets: Refreshes
  clock: Clock
  /** Tells an operator what keeps hosts from being asked. */
  onTrouble(sentence: string): void
}

/**
 * Has the hosts of one class in one environment refresh their lists after announcements. It asks those again that have not
 * done so, until all have, and goes on with that after it was killed.
 */
export class Refresher {
  private readonly again: Backoff
  private notBefore = 0
  /** The announcement of the last round. */
  private last: string | undefined
  private done = new Set<string>()
  private missing = new Set<string>()
  private readonly said = new Set<string>()

  constructor(private readonly parts: RefresherParts) {
    this.again = new Backoff(() => parts.clock.elapsed(), AGAIN_FIRST_MS, AGAIN_MOST_MS)
  }

  /**
   * Asks once, where it is time for it. Resolves with the milliseconds until it is worth another look; undefined while
   * all hosts have what was announced.
   * @throws LockstepError `journal-failed`
   */
  async look(signal: AbortSignal): Promise<number | undefined> {
    const { fleets, clock, environment, hostClass } = this.parts
    const wanted = this.wanted()
    if (wanted === undefined) return undefined
    if (wanted.announcement !== this.last) this.beginAnew(wanted.announcement)
    const rest = this.notBefore - clock.elapsed()
    if (rest > 0) return rest
    await this.begin(wanted)
    const { done, missing } = this
    const round = await fleets.refresh({ ...wanted, environment, hostClass, done, missing }, signal)
    if (signal.aborted) return undefined
    const pause = await this.take(wanted, round)
    this.notBefore = clock.elapsed() + pause
    return this.wanted() === undefined ? undefined : this.wanted()?.announcement === this.last ? pause : 0
  }

  private wanted(): WantedLists | undefined {
    const { log, repository, environment } = this.parts
    return log.state.announced.wanted(repository, environment)
  }

  private beginAnew(announcement: string): void {
    const { clock } = this.parts
    // Announcements that come while others settle wait no longer than those.
    const isSettling = this.last !== undefined && this.notBefore > clock.elapsed() && !this.isBegun(this.last)
    this.last = announcement
    this.done = new Set()
    this.missing = new Set()
    this.again.succeed()
    if (!isSettling) this.notBefore = clock.elapsed() + SETTLE_MS
  }

  private isBegun(announcement: string): boolean {
    const { log, repository, environment } = this.parts
    return log.state.announced.refresh(repository, environment)?.announcement === announcement
  }

  private async begin({ announcement }: WantedLists): Promise<void> {
    const { log, repository, environment } = this.parts
    if (!this.isBegun(announcement))
      await log.append({ type: 'refresh begun', repository, environment, announcement })
  }

  /** Takes down what came of a round, and returns the milliseconds until the next one. */
  private async take({ announcement }: WantedLists, round: FetchRound): Promise<number> {
    const { repository, environment, hostClass } = this.parts
    if (round.kind === 'not asked') {
      const pause = this.again.fail()
      this.say([
        `the hosts of ${environment} cannot be asked to refresh the lists of ${repository}: ${round.why}`,
      ])
      return pause
    }
    this.done = new Set(round.has)
    this.missing = new Set(round.missing.keys())
    await this.record(announcement, { has: recordHosts(round.has), missing: recordReasons(round.missing) })
    const isNone = round.has.length + round.missing.size === 0
    const nothing = `no host of ${environment} with class ${hostClass} answers: none is asked to refresh the lists of ${repository}`
    this.say([...round.remarks, ...(isNone ? [nothing] : [])])
    if (isNone || round.missing.size > 0) return this.again.fail()
    this.again.succeed()
    return 0
  }

  private async record(announcement: string, answers: FetchAnswers): Promise<void> {
    const { log, repository, environment } = this.parts
    const known = log.state.announced.refresh(repository, environment)?.answered
    const isSame =
      known !== undefined &&
      JSON.stringify([known.has, known.missing]) === JSON.stringify([answers.has, answers.missing])
    if (!isSame)
      await log.append({ type: 'hosts have refreshed', repository, environment, announcement, ...answers })
  }

  /** Says each sentence once, until a round is without it. */
  private say(sentences: readonly string[]): void {
    for (const sentence of sentences) if (!this.said.has(sentence)) this.parts.onTrouble(sentence)
    this.said.clear()
    for (const sentence of sentences) this.said.add(sentence)
  }
}
