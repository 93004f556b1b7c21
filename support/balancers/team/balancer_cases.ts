import type { Answer } from '../../rollout/model/answers'
import type { Balancer } from '../../rollout/ports'
import { systemClock } from '../../system/clock'
import { redactNothing } from '../../system/redaction'
import { localGateway } from '../local_gateway'
import { teamBalancer } from './balancer'
import { GuardedBalancer } from './guarded_balancer'
import type { TeamBalancer } from './team_balancer'

/** A balancer of a team under test, and what it balances. */
export interface BalancerTrial {
  balancer: TeamBalancer
  /** Two members of its pool or more, all in service. The first is taken out and put back. */
  hosts: readonly string[]
  /** Milliseconds until an order shows; 5,000 unless said. */
  withinMs?: number
  /** Ends what the trial has begun. */
  stop?(): Promise<void> | void
}

/** One thing that a rollout relies on. `run` rejects with a sentence where the balancer does otherwise. */
export interface BalancerCase {
  name: string
  run(): Promise<void>
}

/**
 * Returns what a rollout relies on in a balancer, one case each, for any test runner. Each case makes a trial of its
 * own, goes through the same code as a rollout does, and puts back the host that it has taken out.
 */
export function balancerCases(make: () => Promise<BalancerTrial> | BalancerTrial): readonly BalancerCase[] {
  return Object.entries(CASES).map(([name, work]) => ({ name, run: () => tryOne(make, work) }))
}

interface Tried {
  balancer: Balancer
  code: GuardedBalancer
  hosts: readonly string[]
  first: string
  withinMs: number
}

const CASES: Readonly<Record<string, (tried: Tried) => Promise<void>>> = {
  async 'has its hosts in service at first'(tried) {
    await expectOut(tried, [])
  },
  async 'changes nothing when it is asked for its members'({ code }) {
    const [before, after] = [await statesOf(code), await statesOf(code)]
    if (before !== after) throw new Error(`its members were ${before}, and then ${after}`)
  },
  async 'takes a host out, and no other'(tried) {
    await takeOut(tried)
    await expectOut(tried, [tried.first])
  },
  async 'leaves a host out that is out already'(tried) {
    await takeOut(tried)
    await takeOut(tried)
    await expectOut(tried, [tried.first])
  },
  async 'puts a host back'(tried) {
    await takeOut(tried)
    await putBack(tried)
    await expectOut(tried, [])
  },
  async 'leaves a host in service that is in service already'(tried) {
    await putBack(tried)
    await expectOut(tried, [])
  },
  async 'drains a host, where it can'(tried) {
    const { balancer, first, withinMs } = tried
    if (balancer.drain === undefined) return
    const drained = await balancer.drain([first], GATEWAY, { within: withinMs, cut: false })
    expectAnswer(drained.outcomes.get(first), 'drain')
    await expectOut(tried, [first])
  },
  async 'counts its requests, where it does'({ code }) {
    if (code.has('requests')) await code.requests()
  },
}

const WITHIN_MS = 5_000
const LOOK_EVERY_MS = 50
const GATEWAY = localGateway(() => Promise.reject(new Error('a balancer of a team asks no host')))

async function tryOne(
  make: () => Promise<BalancerTrial> | BalancerTrial,
  work: (tried: Tried) => Promise<void>,
): Promise<void> {
  const trial = await make()
  try {
    const tried = triedOf(trial)
    try {
      await work(tried)
    } catch (error) {
      // What is wrong is said by the case; that its host cannot be put back either would only hide it.
      await putBack(tried).catch(() => {})
      throw error
    }
    await putBack(tried)
  } finally {
    await trial.stop?.()
  }
}

function triedOf({ balancer: written, hosts, withinMs = WITHIN_MS }: BalancerTrial): Tried {
  const [first, other] = hosts
  if (first === undefined || other === undefined) throw new Error('a trial has two hosts or more')
  const code = new GuardedBalancer({
    called: 'the balancer',
    make: () => written,
    within: withinMs,
    clock: systemClock,
    redact: redactNothing,
    expectMayOrder: () => {},
  })
  const options = { kind: 'tried', backend: 'pool', settleWithin: withinMs, lookEvery: LOOK_EVERY_MS }
  return { balancer: teamBalancer(code, options), code, hosts, first, withinMs }
}

async function takeOut({ balancer, first }: Tried): Promise<void> {
  expectAnswer((await balancer.block([first], GATEWAY)).outcomes.get(first), 'takeOut')
}

async function putBack({ balancer, first }: Tried): Promise<void> {
  expectAnswer((await balancer.putBack([first], GATEWAY)).outcomes.get(first), 'putBack')
}

function expectAnswer(answer: Answer | undefined, order: string): void {
  if (answer?.kind === 'answered') return
  const seen = answer?.kind === 'failed' ? answer.message : 'not told'
  throw new Error(`after ${order} the host was seen as: ${seen}`)
}

/** Expects that of the hosts these are out, and all others in service. */
async function expectOut({ code, hosts }: Tried, out: readonly string[]): Promise<void> {
  const members = await code.members()
  for (const host of hosts) {
    const [state, wanted] = [members.get(host)?.state, out.includes(host) ? 'out' : 'serving']
    if (state === undefined)
      throw new Error(`${host} is no member; there are: ${[...members.keys()].join(', ')}`)
    if (state !== wanted) throw new Error(`${host} is ${state}; expected ${wanted}`)
  }
}

async function statesOf(code: GuardedBalancer): Promise<string> {
  return [...(await code.members()).values()]
    .map(({ host, state }) => `${host} ${state}`)
    .sort()
    .join(', ')
}
