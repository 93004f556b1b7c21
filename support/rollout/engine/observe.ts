import type { Expected, PlanState } from '../model/plan_state'
import { UnexpectedMessages, type UnexpectedMessage } from '../../system/unexpected_messages'
import type { Answers } from '../model/answers'
import type { Answer } from '../model/answers'
import type { Request } from '../model/answers'
import type { Rollout } from '../rollout'
import type { Observation, Verdict } from '../model/verdict'

/** The content of an answer, and whether it is what was wanted. */
export interface Reading {
  passed: boolean
  seen: string
}

export interface Patience {
  /** Milliseconds during which hosts that have not passed yet are looked at again. */
  within?: number
  /** The number of times in a row that a look has to pass. */
  times?: number
}

/** The resource that a line looks at, where a planned line may have changed it. */
export interface Subject {
  /** The name of the resource, such as `package mywebapp`. */
  resource: string
  /** Judges whether a planned state is what is wanted. */
  judge: (state: string) => Reading
}

export type Look = (hosts: readonly string[]) => Promise<Answers>

/** Returns a look at one agent's answer, as a function of the hosts. */
export function lookWith(rollout: Rollout, request: Omit<Request, 'mutating'>): Look {
  return (hosts) => rollout.ask({ ...request, mutating: false }, hosts)
}

/** Looks at every host that moves. Changes nothing, and believes nothing that a host was told before. */
export async function observe(
  rollout: Rollout,
  look: Look,
  read: (answer: Answer) => Reading,
  patience: Patience = {},
  subject?: Subject | 'anything',
): Promise<Verdict> {
  rollout.expectGoingOn()
  if (rollout.isOvertaken) return rollout.concludePassedOver()
  const hosts = await rollout.moving()
  if (rollout.planState !== undefined && rollout.scenarioCheckpoint === undefined)
    return lookAhead(rollout, rollout.planState, hosts, look, read, subject)
  let verdict = await lookUntil(rollout, look, read, hosts, patience.within ?? 0)
  for (
    let times = 1;
    times < (patience.times ?? 1) && verdict.observations.every(({ passed }) => passed);
    times += 1
  ) {
    await rollout.wait(rollout.ports.lookEvery)
    verdict = await lookUntil(rollout, look, read, hosts, 0)
  }
  return rollout.conclude(verdict)
}

/** Looks once, without waiting: what passes already, what would pass by then, and what cannot be known before. */
async function lookAhead(
  rollout: Rollout,
  planState: PlanState,
  hosts: readonly string[],
  look: Look,
  read: (answer: Answer) => Reading,
  subject: Subject | 'anything' | undefined,
): Promise<Verdict> {
  planState.use()
  const answers = await look(hosts)
  const observations = hosts.map((host): Observation => {
    const now = observationOf(host, answers, read)
    if (now.kind === 'silent' || now.kind === 'untrusted') return now
    const expected = expectedOf(planState, host, subject)
    if (expected === 'not known')
      return { host, passed: true, kind: 'planned', seen: 'cannot be known before' }
    if (expected === 'as now') {
      const seen = now.passed
        ? `passes already: ${now.seen}`
        : `fails, and no line would change it: ${now.seen}`
      return { ...now, kind: 'planned', seen }
    }
    const { passed, seen } = typeof subject === 'object' ? subject.judge(expected.state) : now
    return { host, passed, kind: 'planned', seen: passed ? `would pass: ${seen}` : `would fail: ${seen}` }
  })
  return rollout.conclude({ observations, unexpected: answers.unexpected })
}

function expectedOf(planState: PlanState, host: string, subject: Subject | 'anything' | undefined): Expected {
  return subject === 'anything' ? planState.expectAny(host) : planState.expect(subject?.resource ?? '', host)
}

async function lookUntil(
  rollout: Rollout,
  look: Look,
  read: (answer: Answer) => Reading,
  hosts: readonly string[],
  within: number,
): Promise<Verdict> {
  const { clock, lookEvery } = rollout.ports
  const until = clock.elapsed() + within
  const last = new Map<string, Observation>()
  const asked = new Set(hosts)
  const unexpected = new UnexpectedMessages<UnexpectedMessage>((host) => asked.has(host))
  let waiting = hosts
  for (;;) {
    const began = clock.elapsed()
    const answers = await look(waiting)
    for (const message of answers.unexpected) unexpected.add(message)
    for (const host of waiting) last.set(host, observationOf(host, answers, read))
    const left = until - clock.elapsed()
    // A last look comes at the end of the time, however long the look before took, except at silent hosts.
    waiting = waiting.filter((host) => {
      const reading = last.get(host)
      return reading?.passed !== true && (left > 0 || reading?.kind !== 'silent')
    })
    if (waiting.length === 0 || began + lookEvery > until) break
    if (left > 0) await rollout.wait(Math.min(lookEvery, left))
  }
  return { observations: [...last.values()], unexpected: unexpected.all }
}

/** Returns one host's observation; `read` is asked only about an agent's own word. */
export function observationOf(
  host: string,
  answers: Answers,
  read: (answer: Answer) => Reading,
): Observation {
  const answer = answers.outcomes.get(host) ?? { kind: 'silent' as const, waited: 0 }
  if (answer.kind === 'silent') return { host, passed: false, kind: 'silent', seen: silence(answer) }
  if (answer.kind === 'untrusted') return { host, passed: false, kind: 'untrusted', seen: answer.reason }
  return { host, kind: answer.kind, ...read(answer) }
}

/** Describes how long a host was silent, and whether it gave a sign of life meanwhile. `waited` is in milliseconds. */
export function silence({ waited, pings }: { waited: number; pings?: boolean }): string {
  const seconds = waited / 1000
  const asked = `asked ${seconds >= 10 ? Math.round(seconds) : Math.round(seconds * 10) / 10} s ago`
  if (pings === undefined) return `no answer (${asked})`
  return pings
    ? `no answer (${asked}); it answers pings, but not this: its agent hangs or is not loaded`
    : `no answer (${asked}); it answers no ping either: the host or its daemon is down`
}

/** Returns the text of a field of a reply, as a person would read it. */
export function shown(value: unknown): string {
  if (value === undefined || value === null) return 'nothing'
  return typeof value === 'object'
    ? JSON.stringify(value)
    : String(value as string | number | boolean | bigint)
}
