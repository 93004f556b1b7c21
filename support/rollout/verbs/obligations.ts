import { carryOut } from '../engine/carry_out'
import type { AskHosts, Change, Order, PlannableChange } from '../engine/change'
import type { Look, Patience } from '../engine/look'
import { lookAt, type OpenObligations } from '../engine/still_out'
import type { Answer } from '../model/answers'
import type { Ledger } from '../model/ledger'
import type { Obligation } from '../model/obligation'
import { byThen } from '../model/planned_state'
import type { Reading } from '../model/reading'
import type { Verdict } from '../model/verdict'

/**
 * Returns the change that takes hosts out of rotation. `guard` expects that they may go. The obligation is in the ledger
 * before it is ordered.
 */
export function takeOut(
  ledger: Ledger,
  obligation: Obligation,
  tell: AskHosts,
  guard?: (hosts: readonly string[]) => Promise<void>,
): Change {
  return {
    ...(guard === undefined ? {} : { guard }),
    opens: obligation,
    isOfTraffic: true,
    order: { tell, ...believeAnswer(obligation, true), verify: makeVerify(ledger, obligation, true) },
    plannable: makePlannable(ledger, obligation, true),
    repeatable: true,
  }
}

/** Returns the change that puts hosts back. */
export function putBack(ledger: Ledger, obligation: Obligation): Change {
  return {
    isOfTraffic: true,
    order: orderBack(ledger, obligation),
    plannable: makePlannable(ledger, obligation, false),
    repeatable: true,
  }
}

/** Puts the named hosts back, and believes it only of those that, asked again, are back. Concludes nothing. */
export async function putBackAndLook(
  open: OpenObligations,
  obligation: Obligation,
  hosts: readonly string[],
): Promise<Verdict> {
  const ordered = await carryOut(hosts, orderBack(open.ledger, obligation), open.reach)
  const seen = await lookAt(open, obligation, hosts)
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

/** Returns the look whether hosts are out of rotation, or, where `wanted` is false, whether they are back. */
export function lookWhetherOut(
  ledger: Ledger,
  obligation: Obligation,
  wanted: boolean,
  patience?: Patience,
): Look {
  const judge = (state: string): Reading => ({
    passed: (state === OUT) === wanted,
    seen: state === OUT ? obligation.name : 'back in rotation by then',
  })
  return {
    request: makeAsk(ledger, obligation),
    read: makeRead(obligation, wanted),
    patience,
    subject: { resource: obligation.name, judge },
  }
}

export const OUT = 'out'
export const IN = 'in'

function orderBack(ledger: Ledger, obligation: Obligation): Order {
  return {
    tell: (hosts, gateway) => obligation.putBack(hosts, gateway),
    ...believeAnswer(obligation, false),
    verify: makeVerify(ledger, obligation, false),
  }
}

function makeAsk(ledger: Ledger, obligation: Obligation): AskHosts {
  return (hosts, reach) => lookAt({ ledger, reach }, obligation, hosts)
}

function makeVerify(ledger: Ledger, obligation: Obligation, wanted: boolean): NonNullable<Order['verify']> {
  return { ask: makeAsk(ledger, obligation), read: makeRead(obligation, wanted) }
}

function makePlannable(ledger: Ledger, obligation: Obligation, wanted: boolean): PlannableChange {
  const to = wanted ? OUT : IN
  return {
    resource: obligation.name,
    ask: makeAsk(ledger, obligation),
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
function believeAnswer(obligation: Obligation, wanted: boolean): Pick<Order, 'seen' | 'contradicts'> {
  return {
    contradicts: (answer) => obligation.read(answer).isOpen === !wanted,
    ...(obligation.ordersAreSeen === true ? { seen: (answer) => obligation.read(answer).seen } : {}),
  }
}

function makeRead(obligation: Obligation, wanted: boolean): (answer: Answer) => Reading {
  return (answer) => {
    const { isOpen, seen } = obligation.read(answer)
    return { passed: isOpen === wanted, seen }
  }
}
