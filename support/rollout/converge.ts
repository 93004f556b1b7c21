import { sightOf, type Look, type Sight } from './observe'
import type { Answer, Answers } from './ports'
import type { Rollout } from './rollout'
import type { Observation, Verdict } from './verdict'

export interface Change {
  /** Tells the hosts. */
  order: Look
  /** What a host that did it says it is now. */
  done: (answer: Answer) => string
  /**
   * Looks at those who did not simply do it: they may be in the wanted state already, or have got there unheard.
   * Without it, such a host has diverged: its state says nothing about whether the order was carried out.
   */
  verify?: { look: Look; read: (answer: Answer) => Sight }
}

/**
 * Brings every host of the roll call into a state. "I could not, it is so already" is believed only when the host,
 * asked again, shows that state. A host that was silent is looked at again only if the connection was to blame.
 */
export async function converge(rollout: Rollout, change: Change): Promise<Verdict> {
  rollout.expectGoingOn()
  const hosts = await rollout.hosts.frozen()
  return rollout.conclude(await carryOut(hosts, change))
}

export async function carryOut(hosts: readonly string[], change: Change): Promise<Verdict> {
  const { order, done, verify } = change
  const told = await order(hosts)
  const said = (host: string) =>
    sightOf(host, told, (answer) => ({ held: answer.kind === 'answered', seen: saidBy(answer, done) }))
  const doubtful =
    verify === undefined ? [] : hosts.filter((host) => isDoubtful(told.outcomes.get(host), told))
  if (verify === undefined || doubtful.length === 0)
    return { observations: hosts.map(said), strays: told.strays }
  const seen = await verify.look(doubtful)
  const looked = new Set(doubtful)
  return {
    observations: hosts.map((host) =>
      looked.has(host) ? afterAll(host, told, seen, verify.read) : said(host),
    ),
    strays: [...told.strays, ...seen.strays],
  }
}

function isDoubtful(answer: Answer | undefined, told: Answers): boolean {
  return answer?.kind === 'failed' || (answer?.kind === 'silent' && told.interrupted)
}

/** The truth about a host that did not simply do it; its first word is kept when the truth is not what was wanted. */
function afterAll(host: string, told: Answers, seen: Answers, read: (answer: Answer) => Sight): Observation {
  const truth = sightOf(host, seen, read)
  const excuse = told.outcomes.get(host)
  if (truth.held || excuse?.kind !== 'failed') return truth
  return { ...truth, seen: `${truth.seen} (${excuse.message})` }
}

function saidBy(answer: Answer, done: (answer: Answer) => string): string {
  return answer.kind === 'failed' ? answer.message || 'failed without saying why' : done(answer)
}
