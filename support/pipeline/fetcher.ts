import type { Clock } from '../system/clock'
import { Backoff } from './backoff'
import type { FetchAnswers, FetchTarget } from './events'
import type { PushedCommit } from './pipeline_state'
import type { PipelineLog } from './receive'
import { recordHosts, recordReasons } from './recorded_hosts'

const AGAIN_FIRST_MS = 2_000
const AGAIN_MOST_MS = 600_000
/** Milliseconds until hosts that have all answered are asked again: one may have been installed anew. */
const LOOK_AGAIN_MS = 600_000

/** The order that hosts get: to have a tag of a repository at a commit. */
export interface FetchOrder extends FetchTarget {
  /** The class of the hosts. */
  hostClass: string
}

/** The outcome of asking. `not asked` says nothing of any host. */
export type FetchRound =
  | {
      kind: 'asked'
      /** The hosts that answered in this round that they have the tag at the commit. */
      has: readonly string[]
      /** The reasons of all other hosts that should be there, by host. */
      missing: ReadonlyMap<string, string>
      /** Warnings for an operator beside that, in sentences. */
      remarks: readonly string[]
    }
  | { kind: 'not asked'; why: string }

/** The hosts of environments, as a fetch needs them. */
export interface Fleets {
  /** Returns whether hosts take a tag of this name. */
  takesTag(tag: string): boolean
  /** Asks all hosts of a class, and has those fetch that lack the commit. It deploys nothing and runs no script. */
  fetch(order: FetchOrder, signal: AbortSignal): Promise<FetchRound>
}

export interface FetcherParts {
  repository: string
  environment: string
  hostClass: string
  log: PipelineLog
  fleets: Fleets
  clock: Clock
  /** Tells an operator what keeps hosts from being asked. */
  onTrouble(sentence: string): void
}

/**
 * Has the hosts of one class in one environment fetch the newest tested commit of a repository. It asks again until all
 * have it, or a newer one takes its place, and goes on with that after it was killed.
 */
export class Fetcher {
  private readonly again: Backoff
  private notBefore = 0
  /** The target of the last round. */
  private last: string | undefined
  /** The newest commit where hosts take none of its tags, and its tag. */
  private refused: string | undefined
  private readonly said = new Set<string>()

  constructor(private readonly parts: FetcherParts) {
    this.again = new Backoff(() => parts.clock.elapsed(), AGAIN_FIRST_MS, AGAIN_MOST_MS)
  }

  /**
   * Asks once, where it is time for it. Resolves with the milliseconds until it is worth another look; undefined while
   * there is nothing to fetch.
   * @throws LockstepError `journal-failed`
   */
  async look(signal: AbortSignal): Promise<number | undefined> {
    const { fleets, clock, hostClass } = this.parts
    const target = this.target()
    if (target === undefined) return undefined
    const name = `${target.commit} ${target.tag}`
    if (name !== this.last) this.beginAnew(name)
    const rest = this.notBefore - clock.elapsed()
    if (rest > 0) return rest
    await this.begin(target)
    const round = await fleets.fetch({ ...target, hostClass }, signal)
    if (signal.aborted) return undefined
    const pause = await this.take(target, round)
    this.notBefore = clock.elapsed() + pause
    const next = this.target()
    return next?.commit === target.commit && next.tag === target.tag ? pause : 0
  }

  private beginAnew(name: string): void {
    this.last = name
    this.notBefore = 0
    this.again.succeed()
  }

  private target(): FetchTarget | undefined {
    const { log, repository, environment, fleets } = this.parts
    const isTaken = (tag: string) => fleets.takesTag(tag)
    const target = log.state.newestFetchable(repository, isTaken)
    this.sayRefused(target?.commit)
    const [tag] = target?.tags ?? []
    return target === undefined || tag === undefined
      ? undefined
      : { repository, environment, commit: target.commit.commit, tag }
  }

  /** Says once of a commit that hosts pass it over, since none of its tags has a name that they take. */
  private sayRefused(target: PushedCommit | undefined): void {
    const { log, repository, onTrouble } = this.parts
    const newest = log.state.newestFetchable(repository)
    const refused = newest?.commit === target ? undefined : newest
    const name = refused && `${refused.commit.commit} ${refused.tags[0]}`
    if (refused !== undefined && name !== this.refused)
      onTrouble(
        `the commit ${refused.commit.commit} of ${repository} is fetched by no host: hosts take no tag of the name ${JSON.stringify(refused.tags[0])}`,
      )
    this.refused = name
  }

  private async begin(target: FetchTarget): Promise<void> {
    const { log, repository, environment } = this.parts
    const begun = log.state.commit(repository, target.commit)?.fetches.get(environment)
    if (begun === undefined || begun.superseded || begun.tag !== target.tag)
      await log.append({ type: 'fetch begun', ...target })
  }

  /** Takes down what came of a round, and returns the milliseconds until the next one. */
  private async take(target: FetchTarget, round: FetchRound): Promise<number> {
    const { repository, environment } = target
    if (round.kind === 'not asked') {
      const pause = this.again.fail()
      this.say([`the hosts of ${environment} cannot be asked to fetch ${repository}: ${round.why}`])
      return pause
    }
    await this.record(target, { has: recordHosts(round.has), missing: recordReasons(round.missing) })
    const isNone = round.has.length + round.missing.size === 0
    const nothing = `no host of ${environment} with class ${this.parts.hostClass} answers: none is asked to fetch ${repository}`
    this.say([...round.remarks, ...(isNone ? [nothing] : [])])
    if (isNone || round.missing.size > 0) return this.again.fail()
    this.again.succeed()
    return LOOK_AGAIN_MS
  }

  private async record(target: FetchTarget, answers: FetchAnswers): Promise<void> {
    const { log, repository, environment } = this.parts
    const known = log.state.commit(repository, target.commit)?.fetches.get(environment)?.answered
    const isSame =
      known !== undefined &&
      JSON.stringify([known.has, known.missing]) === JSON.stringify([answers.has, answers.missing])
    if (!isSame) await log.append({ type: 'hosts have fetched', ...target, ...answers })
  }

  /** Says each sentence once, until a round is without it. */
  private say(sentences: readonly string[]): void {
    for (const sentence of sentences) if (!this.said.has(sentence)) this.parts.onTrouble(sentence)
    this.said.clear()
    for (const sentence of sentences) this.said.add(sentence)
  }
}
