import type { Answer, Answers } from '../model/answers'
import type { HostGateway } from '../model/obligation'
import { observationOf, type Reading } from '../model/reading'
import type { Observation, Verdict } from '../model/verdict'
import type { Order } from './change'

/** The text for a host that says that it did the order, and that was not looked at since. */
export const DONE = 'done'

/**
 * Carries out an order on the named hosts, and concludes nothing. The answer "not done, in that state already" is
 * believed only when the host, asked again, shows that state. A host that was silent is looked at again only if the
 * connection was to blame.
 */
export async function carryOut(
  hosts: readonly string[],
  order: Order,
  gateway: HostGateway,
): Promise<Verdict> {
  if (hosts.length === 0) return { observations: [], unexpected: [] }
  const { afterwards = async (done) => done } = order
  const done = await afterwards(await tellAndVerify(hosts, order, gateway), gateway)
  return { ...done, observations: accountFor(hosts, done) }
}

/** Returns one observation for each host that got the order. A host without a result has not passed. */
function accountFor(hosts: readonly string[], { observations }: Verdict): Observation[] {
  const known = new Map(observations.map((observation) => [observation.host, observation]))
  return hosts.map(
    (host) =>
      known.get(host) ?? { host, passed: false, kind: 'known', seen: 'was told, and is not accounted for' },
  )
}

async function tellAndVerify(
  hosts: readonly string[],
  { tell, verify, contradicts = () => false, seen: describe = () => DONE }: Order,
  gateway: HostGateway,
): Promise<Verdict> {
  const told = await tell(hosts, gateway)
  const said = (host: string) =>
    observationOf(host, told, (answer) => ({
      passed: answer.kind === 'answered',
      seen: describeAnswer(answer, describe),
    }))
  const isDoubtful = (answer: Answer | undefined) =>
    answer?.kind === 'answered'
      ? contradicts(answer)
      : verify?.onlyContradictions !== true && isUnclear(answer, told)
  const doubtful = verify === undefined ? [] : hosts.filter((host) => isDoubtful(told.outcomes.get(host)))
  if (verify === undefined || doubtful.length === 0)
    return { observations: hosts.map(said), unexpected: told.unexpected }
  const seen = await verify.ask(doubtful, gateway)
  const looked = new Set(doubtful)
  return {
    observations: hosts.map((host) =>
      looked.has(host) ? afterAll(host, told, seen, verify.read) : said(host),
    ),
    unexpected: [...told.unexpected, ...seen.unexpected],
  }
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

function describeAnswer(answer: Answer, describe: (answer: Answer) => string): string {
  return answer.kind === 'failed' ? answer.message || 'failed without saying why' : describe(answer)
}
