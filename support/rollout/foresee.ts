import type { Expected, Foresight, Upsets } from './foresight'
import { sightOf, type Look } from './observe'
import type { Answer } from './ports'
import type { Rollout } from './rollout'
import type { Observation, Verdict } from './verdict'

/** What a line that changes hosts would come to. */
export interface Forecast {
  /** What it is about, such as `package mywebapp`. */
  thing: string
  /** Looks at what it is now. */
  look: Look
  /** `expected` is what lines before this one would have made of the thing by then. */
  predict: (answer: Answer, host: string, expected: Expected) => Prediction
  /** In which words a change is told, where `would go from … to …` is not right. */
  words?: (now: string) => string
  /** Whether other things on the host may be other afterwards; not so where only traffic is held back. */
  disturbs: boolean
  /** None unless said. */
  upsets?: Upsets
}

/** Stands for a state, where there is none to be told. */
export const NOT_KNOWN = 'what cannot be known before'

export interface Prediction {
  now: string
  /** The same as `now` for a host that needs nothing; undefined where it cannot be known before. */
  to: string | undefined
  /** Why the line would not hold on this host. */
  fails?: string
  /** A line before this one may see to it that it does not fail, in ways that cannot be foreseen. */
  mayBeMended?: boolean
  /** What a person should know of it beside. */
  remark?: string
  /** It would be done although nothing would be other afterwards, as a restart is. */
  always?: boolean
}

/** Tells what a line would do to every host that moves, and does none of it. */
export async function foresee(
  rollout: Rollout,
  foresight: Foresight,
  { thing, look, predict, words, disturbs, upsets }: Forecast,
): Promise<Verdict> {
  rollout.expectGoingOn()
  foresight.use()
  const hosts = await rollout.moving()
  const answers = await look(hosts)
  const observations = hosts.map((host): Observation => {
    let prediction: Prediction | undefined
    const seen = sightOf(host, answers, (answer) => {
      prediction = perhaps(
        predict(answer, host, foresight.expectItself(thing, host)),
        foresight.expect(thing, host),
      )
      return { held: prediction.fails === undefined, seen: told(prediction, words) }
    })
    if (prediction === undefined) return seen
    const { now, to, fails, always } = prediction
    const changes = fails === undefined && (to !== now || always === true)
    if (changes) {
      foresight.plan(thing, host, to)
      if (disturbs) foresight.disturb(host, upsets)
    }
    return { ...seen, kind: 'planned', planned: { thing, from: now, to: to ?? null, changes, disturbs } }
  })
  await writeDown(rollout, thing, disturbs, observations)
  return rollout.conclude({ observations, strays: answers.strays })
}

async function writeDown(
  rollout: Rollout,
  thing: string,
  disturbs: boolean,
  observations: readonly Observation[],
): Promise<void> {
  const fates = new Map<string, { from: string; to: string | null; hosts: string[] }>()
  for (const { host, planned } of observations) {
    if (planned?.changes !== true) continue
    const { from, to } = planned
    const fate = fates.get(`${from} ${to}`) ?? { from, to, hosts: [] }
    fates.set(`${from} ${to}`, fate)
    fate.hosts.push(host)
  }
  if (fates.size === 0) return
  const { step, line } = rollout
  await rollout.ports.journal.append({
    type: 'foreseen',
    step,
    line,
    thing,
    holds: !disturbs,
    fates: [...fates.values()],
  })
}

/** What a thing is by then, where a line before may have brought it to another state than it has. */
export function byThen(now: string, expected: Expected): string {
  if (expected === 'as now') return now
  return expected === 'not known' ? NOT_KNOWN : expected.state
}

/** Nothing is said to fail that something before it may mend. */
function perhaps(prediction: Prediction, expected: Expected): Prediction {
  const { fails, mayBeMended, ...rest } = prediction
  if (fails === undefined || mayBeMended !== true || expected === 'as now') return prediction
  return { ...rest, to: undefined, remark: `now ${fails}` }
}

function told({ now, to, fails, remark, always }: Prediction, words: Forecast['words']): string {
  if (fails !== undefined) return fails
  if (to === now && always !== true) return `needs nothing: ${now}`
  const said = words?.(now) ?? `would go from ${now} to ${to ?? NOT_KNOWN}`
  return remark === undefined ? said : `${said}, but ${remark}`
}
