import { carryOut, type Change } from '../engine/converge'
import { byThen, planChange, type PlannableChange } from '../engine/plan_change'
import { observe, type Patience, type Reading } from '../engine/observe'
import type { Obligation } from '../model/obligation'
import type { HostGateway } from '../model/obligation'
import type { Answers } from '../model/answers'
import type { Answer } from '../model/answers'
import type { Rollout } from '../rollout'
import { lookAt } from '../engine/still_out'
import type { Verdict } from '../model/verdict'

/** Takes every host that moves out of rotation. The obligation is in the ledger before it is ordered. */
export async function takeOut(
  rollout: Rollout,
  obligation: Obligation,
  order: (hosts: readonly string[], reach: HostGateway) => Promise<Answers>,
  beforehand: (hosts: readonly string[]) => Promise<void> = async () => {},
): Promise<Verdict> {
  rollout.expectGoingOn()
  if (rollout.scenarioCheckpoint !== undefined) return rollout.concludePassedOver()
  const hosts = await rollout.moving()
  await beforehand(hosts)
  if (rollout.planState !== undefined)
    return planChange(rollout, rollout.planState, plannable(rollout, obligation, true))
  await rollout.ports.locks.take(await rollout.hosts.frozen())
  await rollout.ledger.open(obligation, hosts)
  return rollout.conclude(
    await carryOut(hosts, {
      order: (all) => order(all, rollout.reach),
      ...believed(obligation, true),
      verify: { look: (doubtful) => lookAt(rollout, obligation, doubtful), read: reading(obligation, true) },
    }),
  )
}

/** Puts back every host that moves. */
export async function putBack(rollout: Rollout, obligation: Obligation): Promise<Verdict> {
  rollout.expectGoingOn()
  if (rollout.scenarioCheckpoint !== undefined) return rollout.concludePassedOver()
  if (rollout.planState !== undefined)
    return planChange(rollout, rollout.planState, plannable(rollout, obligation, false))
  return rollout.conclude(await orderBack(rollout, obligation, await rollout.moving()))
}

/** Orders the named hosts to be put back. Concludes nothing. */
export function orderBack(
  rollout: Rollout,
  obligation: Obligation,
  hosts: readonly string[],
): Promise<Verdict> {
  return carryOut(hosts, {
    order: (all) => obligation.putBack(all, rollout.reach),
    ...believed(obligation, false),
    verify: { look: (doubtful) => lookAt(rollout, obligation, doubtful), read: reading(obligation, false) },
  })
}

/** Puts the named hosts back, and believes it only of those that, asked again, are back. */
export async function putBackAndLook(
  rollout: Rollout,
  obligation: Obligation,
  hosts: readonly string[],
): Promise<Verdict> {
  const ordered = await orderBack(rollout, obligation, hosts)
  const seen = await lookAt(rollout, obligation, hosts)
  const said = new Map(ordered.observations.map((observation) => [observation.host, observation]))
  const observations = hosts.map((host) => {
    const answer = seen.outcomes.get(host)
    const state = answer === undefined ? undefined : obligation.read(answer)
    const before = said.get(host)
    if (answer?.kind !== 'answered' || state === undefined)
      return { host, passed: false, kind: answer?.kind ?? 'silent', seen: before?.seen ?? 'no answer' }
    return { host, passed: state.isOpen === false, kind: answer.kind, seen: state.seen }
  })
  return { observations, unexpected: [...ordered.unexpected, ...seen.unexpected] }
}

export function shouldBeOut(
  rollout: Rollout,
  obligation: Obligation,
  wanted: boolean,
  patience?: Patience,
): Promise<Verdict> {
  const judge = (state: string): Reading => ({
    passed: (state === OUT) === wanted,
    seen: state === OUT ? obligation.name : 'back in rotation by then',
  })
  return observe(
    rollout,
    (hosts) => lookAt(rollout, obligation, hosts),
    reading(obligation, wanted),
    patience,
    {
      resource: obligation.name,
      judge,
    },
  )
}

export const OUT = 'out'
export const IN = 'in'

function plannable(rollout: Rollout, obligation: Obligation, wanted: boolean): PlannableChange {
  const to = wanted ? OUT : IN
  return {
    resource: obligation.name,
    look: (hosts) => lookAt(rollout, obligation, hosts),
    plan(answer, _, expected) {
      const { isOpen, seen } = obligation.read(answer)
      if (isOpen !== undefined) return { now: byThen(isOpen ? OUT : IN, expected), to }
      // A host that is neither out nor in, such as a server that is down, can still be taken out.
      if (wanted && answer.kind === 'answered') return { now: byThen(seen, expected), to }
      return { now: byThen(seen, expected), to, fails: seen, mayBeMended: true }
    },
    words: () => `would ${wanted ? 'begin' : 'end'}: ${obligation.name}`,
    affectsOthers: false,
  }
}

/**
 * Returns how far an answer to an order is believed. It shows a state only where the host was looked at, and never
 * against what was wanted.
 */
function believed(obligation: Obligation, wanted: boolean): Pick<Change, 'seen' | 'contradicts'> {
  return {
    contradicts: (answer) => obligation.read(answer).isOpen === !wanted,
    ...(obligation.ordersAreSeen === true ? { seen: (answer) => obligation.read(answer).seen } : {}),
  }
}

function reading(obligation: Obligation, wanted: boolean): (answer: Answer) => Reading {
  return (answer) => {
    const { isOpen, seen } = obligation.read(answer)
    return { passed: isOpen === wanted, seen }
  }
}
