import { carryOut, type Change } from './converge'
import { byThen, foresee, type Forecast } from './foresee'
import { observe, type Patience, type Sight } from './observe'
import type { Answer, Answers, Hold, Reach } from './ports'
import type { Rollout } from './rollout'
import { lookAt } from './still_held'
import type { Verdict } from './verdict'

/** Gets a hold on every host that moves: in the ledger before it is ordered. */
export async function holdWith(
  rollout: Rollout,
  hold: Hold,
  order: (hosts: readonly string[], reach: Reach) => Promise<Answers>,
  beforehand: (hosts: readonly string[]) => Promise<void> = async () => {},
): Promise<Verdict> {
  rollout.expectGoingOn()
  if (rollout.claim !== undefined) return rollout.concludeClaimed()
  const hosts = await rollout.moving()
  await beforehand(hosts)
  if (rollout.foresight !== undefined)
    return foresee(rollout, rollout.foresight, forecast(rollout, hold, true))
  await rollout.ports.locks.hold(await rollout.hosts.frozen())
  await rollout.ledger.opening(hold, hosts)
  return rollout.conclude(
    await carryOut(hosts, {
      order: (all) => order(all, rollout.reach),
      ...believed(hold, true),
      verify: { look: (doubtful) => lookAt(rollout, hold, doubtful), read: sight(hold, true) },
    }),
  )
}

/** Lets go of every host that moves. */
export async function letGoOf(rollout: Rollout, hold: Hold): Promise<Verdict> {
  rollout.expectGoingOn()
  if (rollout.claim !== undefined) return rollout.concludeClaimed()
  if (rollout.foresight !== undefined)
    return foresee(rollout, rollout.foresight, forecast(rollout, hold, false))
  return rollout.conclude(await lift(rollout, hold, await rollout.moving()))
}

/** Orders hosts that are named to be let go of. Concludes nothing. */
export function lift(rollout: Rollout, hold: Hold, hosts: readonly string[]): Promise<Verdict> {
  return carryOut(hosts, {
    order: (all) => hold.lift(all, rollout.reach),
    ...believed(hold, false),
    verify: { look: (doubtful) => lookAt(rollout, hold, doubtful), read: sight(hold, false) },
  })
}

/** The same, and believes it only of hosts that, asked again, are free. */
export async function release(rollout: Rollout, hold: Hold, hosts: readonly string[]): Promise<Verdict> {
  const ordered = await lift(rollout, hold, hosts)
  const seen = await lookAt(rollout, hold, hosts)
  const said = new Map(ordered.observations.map((observation) => [observation.host, observation]))
  const observations = hosts.map((host) => {
    const answer = seen.outcomes.get(host)
    const state = answer === undefined ? undefined : hold.read(answer)
    const before = said.get(host)
    if (answer?.kind !== 'answered' || state === undefined)
      return { host, held: false, kind: answer?.kind ?? 'silent', seen: before?.seen ?? 'no answer' }
    return { host, held: state.held === false, kind: answer.kind, seen: state.seen }
  })
  return { observations, strays: [...ordered.strays, ...seen.strays] }
}

export function holdShouldBe(
  rollout: Rollout,
  hold: Hold,
  wanted: boolean,
  patience?: Patience,
): Promise<Verdict> {
  const judge = (state: string): Sight => ({
    held: (state === HELD) === wanted,
    seen: state === HELD ? hold.obligation : 'let go by then',
  })
  return observe(rollout, (hosts) => lookAt(rollout, hold, hosts), sight(hold, wanted), patience, {
    thing: hold.obligation,
    judge,
  })
}

export const HELD = 'held'
export const FREE = 'free'

function forecast(rollout: Rollout, hold: Hold, wanted: boolean): Forecast {
  const to = wanted ? HELD : FREE
  return {
    thing: hold.obligation,
    look: (hosts) => lookAt(rollout, hold, hosts),
    predict(answer, _, expected) {
      const { held, seen } = hold.read(answer)
      if (held !== undefined) return { now: byThen(held ? HELD : FREE, expected), to }
      // What is neither held nor free, as a server that is down, can be taken out all the same.
      if (wanted && answer.kind === 'answered') return { now: byThen(seen, expected), to }
      return { now: byThen(seen, expected), to, fails: seen, mayBeMended: true }
    },
    words: () => `would ${wanted ? 'begin' : 'end'}: ${hold.obligation}`,
    disturbs: false,
  }
}

/** How far an answer to an order is believed: as what is so only where somebody has looked, and never against what was wanted. */
function believed(hold: Hold, wanted: boolean): Pick<Change, 'seen' | 'contradicts'> {
  return {
    contradicts: (answer) => hold.read(answer).held === !wanted,
    ...(hold.ordersAreSeen === true ? { seen: (answer) => hold.read(answer).seen } : {}),
  }
}

function sight(hold: Hold, wanted: boolean): (answer: Answer) => Sight {
  return (answer) => {
    const { held, seen } = hold.read(answer)
    return { held: held === wanted, seen }
  }
}
