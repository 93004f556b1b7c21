import type { HostGateway } from '../model/obligation'
import type { Expected, PlanState } from '../model/plan_state'
import { observationOf } from '../model/reading'
import type { Observation, Verdict } from '../model/verdict'
import { NOT_KNOWN_BEFORE } from './executor'
import { questionOf, type Look } from './look'

/** Looks once, without waiting: what passes already, what would pass by then, and what cannot be known before. */
export async function lookAhead(
  look: Look,
  hosts: readonly string[],
  gateway: HostGateway,
  state: PlanState,
): Promise<Verdict> {
  const { read, subject } = look
  const answers = await questionOf(look)(hosts, gateway)
  const observations = hosts.map((host): Observation => {
    const answer = answers.outcomes.get(host)
    const now = observationOf(host, answers, read)
    if (answer === undefined || now.kind === 'silent' || now.kind === 'untrusted') return now
    const expected = findExpected(state, host, subject)
    if (expected === 'not known') return { host, passed: true, kind: 'planned', seen: NOT_KNOWN_BEFORE }
    if (expected === 'as now') {
      const seen = now.passed
        ? `passes already: ${now.seen}`
        : `fails, and no line would change it: ${now.seen}`
      return { ...now, kind: 'planned', seen }
    }
    const { passed, seen } = typeof subject === 'object' ? subject.judge(expected.state, answer) : now
    return { host, passed, kind: 'planned', seen: passed ? `would pass: ${seen}` : `would fail: ${seen}` }
  })
  return { observations, unexpected: answers.unexpected }
}

function findExpected(state: PlanState, host: string, subject: Look['subject']): Expected {
  return subject === 'anything' ? state.expectAny(host) : state.expect(subject?.resource ?? '', host)
}
