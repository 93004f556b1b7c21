import { planChange, type PlannableChange } from './plan_change'
import { slippedBack } from './still_out'
import { observationOf, type Look, type Reading } from './observe'
import type { Answers } from '../model/answers'
import type { Answer } from '../model/answers'
import type { Rollout } from '../rollout'
import type { Observation, Verdict } from '../model/verdict'

export interface Change {
  /** Tells the hosts what to do. */
  order: Look
  /**
   * Returns what is told of a host that did it; `done` where this is absent. An answer to an order is a host's claim
   * about itself, and original agents answer with what was so before. Only a look says what a host is now.
   */
  seen?: (answer: Answer) => string
  /**
   * Returns whether a host that did it claims another state than it was told. Such a host is in doubt, and looked at.
   */
  contradicts?: (answer: Answer) => boolean
  /** Looks at hosts in doubt: they may be in the wanted state already, or have got there unheard. */
  verify?: {
    look: Look
    read: (answer: Answer) => Reading
    /**
     * True when only contradictions are in doubt. A host that failed has then diverged: its state says nothing about
     * the order.
     */
    onlyContradictions?: boolean
  }
  /** Looks at more hosts than those in doubt, once it is known what all hosts came to. */
  afterwards?: (done: Verdict) => Promise<Verdict>
  /** The outcome of the change where it is only planned. */
  plannable: PlannableChange
  /** True when it may be ordered again where a run that stopped never knew what came of it. */
  repeatable: boolean
}

type Order = Omit<Change, 'repeatable' | 'plannable'>

/** The text for a host that did what it was told, and that was not looked at since. */
export const DONE = 'done'

/**
 * Brings every host that moves into a state. The answer "I could not, it is so already" is believed only when the host,
 * asked again, shows that state. A host that was silent is looked at again only if the connection was to blame.
 */
export async function converge(rollout: Rollout, change: Change): Promise<Verdict> {
  rollout.expectGoingOn()
  if (rollout.scenarioCheckpoint !== undefined) return rollout.concludePassedOver()
  if (rollout.planState !== undefined) return planChange(rollout, rollout.planState, change.plannable)
  const hosts = await rollout.moving()
  const unknown = change.repeatable ? new Set<string>() : await rollout.unknownOutcome()
  const doubtful = hosts.filter((host) => unknown.has(host)).map(neverKnown)
  const refused = [...doubtful, ...(await slippedBack(rollout, hosts))]
  const { observations, unexpected } = await carryOut(withoutThose(hosts, refused), change)
  if (!change.repeatable)
    rollout.leaveUnknown([
      ...doubtful.map(({ host }) => host),
      ...observations.flatMap(({ host, kind }) => (kind === 'silent' ? [host] : [])),
    ])
  return rollout.conclude({ observations: [...observations, ...refused], unexpected })
}

/** Carries out an order on the named hosts, and concludes nothing. */
export async function carryOut(hosts: readonly string[], change: Order): Promise<Verdict> {
  if (hosts.length === 0) return { observations: [], unexpected: [] }
  const { afterwards = async (done) => done } = change
  return afterwards(await tell(hosts, change))
}

async function tell(
  hosts: readonly string[],
  { order, verify, contradicts = () => false, seen: describe = () => DONE }: Order,
): Promise<Verdict> {
  const told = await order(hosts)
  const said = (host: string) =>
    observationOf(host, told, (answer) => ({
      passed: answer.kind === 'answered',
      seen: saidBy(answer, describe),
    }))
  const isDoubtful = (answer: Answer | undefined) =>
    answer?.kind === 'answered'
      ? contradicts(answer)
      : verify?.onlyContradictions !== true && isUnclear(answer, told)
  const doubtful = verify === undefined ? [] : hosts.filter((host) => isDoubtful(told.outcomes.get(host)))
  if (verify === undefined || doubtful.length === 0)
    return { observations: hosts.map(said), unexpected: told.unexpected }
  const seen = await verify.look(doubtful)
  const looked = new Set(doubtful)
  return {
    observations: hosts.map((host) =>
      looked.has(host) ? afterAll(host, told, seen, verify.read) : said(host),
    ),
    unexpected: [...told.unexpected, ...seen.unexpected],
  }
}

export function withoutThose(hosts: readonly string[], refused: readonly Observation[]): string[] {
  const names = new Set(refused.map(({ host }) => host))
  return hosts.filter((host) => !names.has(host))
}

function neverKnown(host: string): Observation {
  const seen = 'was told before, with unknown outcome; it is not told twice: look at the host'
  return { host, passed: false, kind: 'known', seen }
}

function isUnclear(answer: Answer | undefined, told: Answers): boolean {
  return answer?.kind === 'failed' || (answer?.kind === 'silent' && told.interrupted)
}

/**
 * Returns the truth about a host that did not simply do it. The host's first word is kept when the truth is not what
 * was wanted.
 */
function afterAll(
  host: string,
  told: Answers,
  seen: Answers,
  read: (answer: Answer) => Reading,
): Observation {
  const truth = observationOf(host, seen, read)
  const excuse = told.outcomes.get(host)
  if (truth.passed || excuse?.kind !== 'failed') return truth
  return { ...truth, seen: `${truth.seen} (${excuse.message})` }
}

function saidBy(answer: Answer, describe: (answer: Answer) => string): string {
  return answer.kind === 'failed' ? answer.message || 'failed without saying why' : describe(answer)
}
