import type { Foresight } from './foresight'
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
  predict: (answer: Answer, host: string) => Prediction
  /** In which words a change is told, where `would go from … to …` is not right. */
  words?: (now: string) => string
  /** Whether other things on the host may be other afterwards; not so where only traffic is held back. */
  disturbs: boolean
}

export interface Prediction {
  now: string
  /** The same as `now` for a host that needs nothing; undefined where it cannot be known before. */
  to: string | undefined
  /** Why the line would not hold on this host. */
  fails?: string
  /** What a person should know of it beside. */
  remark?: string
  /** It would be done although nothing would be other afterwards, as a restart is. */
  always?: boolean
}

/** Tells what a line would do to every host that moves, and does none of it. */
export async function foresee(
  rollout: Rollout,
  foresight: Foresight,
  { thing, look, predict, words, disturbs }: Forecast,
): Promise<Verdict> {
  rollout.expectGoingOn()
  const hosts = await rollout.moving()
  const answers = await look(hosts)
  const observations = hosts.map((host): Observation => {
    let prediction: Prediction | undefined
    const seen = sightOf(host, answers, (answer) => {
      prediction = followingOn(foresight, thing, host, predict(answer, host))
      return { held: prediction.fails === undefined, seen: told(prediction, words) }
    })
    if (prediction === undefined) return seen
    const { now, to, fails, always } = prediction
    const changes = fails === undefined && (to !== now || always === true)
    if (changes) {
      foresight.plan(thing, host, to)
      if (disturbs) foresight.disturb(host)
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

/** A line before it may have brought the host to another state than it has. */
function followingOn(foresight: Foresight, thing: string, host: string, prediction: Prediction): Prediction {
  if (!foresight.hasPlanned(thing, host) || prediction.fails !== undefined) return prediction
  const expected = foresight.expect(thing, host)
  return { ...prediction, now: typeof expected === 'object' ? expected.state : 'what cannot be known before' }
}

function told({ now, to, fails, remark, always }: Prediction, words: Forecast['words']): string {
  if (fails !== undefined) return fails
  if (to === now && always !== true) return `needs nothing: ${now}`
  const said = words?.(now) ?? `would go from ${now} to ${to ?? 'what cannot be known before'}`
  return remark === undefined ? said : `${said}, but ${remark}`
}
