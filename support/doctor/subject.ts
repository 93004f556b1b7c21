import { liveEnvironment } from '../composition/environments'
import { loadTeamExtensions } from '../composition/team_extensions'
import { secretsOf, type Environment } from '../config/environment'
import type { Extensions } from '../extensions/extensions'
import type { RunSurroundings } from '../run/parameters'
import { NOTHING_ASKED } from '../survey/find_hosts'
import { surveyFleet, type Survey } from '../survey/survey'
import type { Clock } from '../system/clock'
import { LockstepError } from '../system/errors'
import { redactNothing, redactorOfOthers, type Redact } from '../system/redaction'
import { NotChecked } from './not_checked'
import { probeHosts, type Probe } from './probe'
import { readTeamFeatures, type TeamFeatures } from './team_features'

/** The most milliseconds of a discovery, of a connection, and of an answer: a person waits for all of them together. */
const MAX_WINDOW_MS = 4_000
const MAX_CONNECT_MS = 5_000
const MAX_ANSWER_MS = 4_000

/** All that checks look at. What several of them need is found out once, when the first of them asks. */
export class Subject {
  private known = new Map<string, Promise<unknown>>()

  constructor(
    readonly cwd: string,
    readonly context: RunSurroundings,
    readonly clock: Clock,
    readonly signal: AbortSignal,
  ) {}

  /**
   * Reads the configuration.
   * @throws LockstepError `bad-config`
   */
  configured(): Promise<Environment> {
    return this.once('environment', async () => {
      return liveEnvironment({}, this.context, this.cwd)
    })
  }

  /** @throws NotChecked where the configuration cannot be read */
  environment(): Promise<Environment> {
    return this.configured().catch((error: unknown) => {
      throw unlessDefect(error, 'the configuration cannot be read')
    })
  }

  /**
   * Loads the code that a team adds.
   * @throws LockstepError `bad-config`
   */
  extensions(): Promise<Extensions> {
    return this.once('extensions', async () => loadTeamExtensions(this.context, this.cwd))
  }

  /** Asks the hosts who they are. @throws NotChecked where there is no way to them */
  survey(): Promise<Survey> {
    return this.once('survey', async () => {
      const environment = quick(await this.environment())
      const { clock, signal } = this
      const options = { clock, signal, askAgainWithin: MAX_ANSWER_MS }
      return surveyFleet(environment, NOTHING_ASKED, options).catch((error: unknown) => {
        throw unlessDefect(error, wayTo(error))
      })
    })
  }

  /** Listens for hosts by wider rules than a rollout. @throws NotChecked where there is no way to them */
  probe(): Promise<Probe> {
    return this.once('probe', async () => {
      const environment = quick(await this.environment())
      const { silent } = await this.survey()
      const { clock, signal } = this
      return probeHosts(environment, { clock, signal, silent }).catch((error: unknown) => {
        throw unlessDefect(error, wayTo(error))
      })
    })
  }

  /** Reads the features of the team. */
  features(): Promise<TeamFeatures> {
    return this.once('features', async () => readTeamFeatures(this.cwd))
  }

  /** Returns what hides the secrets of the environment, as far as they are known. */
  redact(): Promise<Redact> {
    return this.configured().then(
      (environment) => redactorOfOthers(secretsOf(environment)),
      () => redactNothing,
    )
  }

  /** Returns what is found out when it is asked for first. */
  once<T>(part: string, find: () => Promise<T>): Promise<T> {
    const known = this.known.get(part) as Promise<T> | undefined
    if (known !== undefined) return known
    const found = find()
    // A part that every check has given up may still fail.
    found.catch(() => {})
    this.known.set(part, found)
    return found
  }
}

/** Returns the environment with times that a person waits for. */
function quick(environment: Environment): Environment {
  const { discoveryWindow, connectWithin, timeouts } = environment
  return {
    ...environment,
    discoveryWindow: Math.min(discoveryWindow, MAX_WINDOW_MS),
    connectWithin: Math.min(connectWithin, MAX_CONNECT_MS),
    timeouts: { ...timeouts, rpcutil: MAX_ANSWER_MS },
  }
}

function wayTo(error: unknown): string {
  return error instanceof LockstepError && error.code === 'bad-config'
    ? 'the inventory cannot be read'
    : 'hosts cannot be asked through any broker'
}

/** Returns the reason why a check cannot look; an error that no person has made stays as it is. */
function unlessDefect(error: unknown, why: string): Error {
  if (error instanceof NotChecked || !(error instanceof LockstepError)) return error as Error
  return new NotChecked(why, { cause: error })
}
