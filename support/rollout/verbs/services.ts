import { DONE } from '../engine/carry_out'
import { asking, telling } from '../engine/change'
import type { Patience } from '../engine/look'
import type { StepContext } from '../engine/step_context'
import type { Answer } from '../model/answers'
import { byThen, NOT_KNOWN, type PlannedState } from '../model/planned_state'
import type { Expected } from '../model/plan_state'
import { formatValue, type Reading } from '../model/reading'
import type { Verdict } from '../model/verdict'

export type ServiceState = 'running' | 'stopped'

export class Services {
  constructor(private readonly step: Pick<StepContext, 'executor'>) {}

  start(name: string): Promise<Verdict> {
    return this.change('start', name, 'running')
  }

  stop(name: string): Promise<Verdict> {
    return this.change('stop', name, 'stopped')
  }

  /** Restarts a service. A host that did not answer may or may not have restarted: running says nothing about it. */
  restart(name: string): Promise<Verdict> {
    return this.change('restart', name, undefined)
  }

  shouldBe(name: string, wanted: ServiceState, patience?: Patience): Promise<Verdict> {
    return this.step.executor.look({
      request: status(name),
      read: isState(wanted),
      patience,
      subject: { resource: resource(name), judge: (seen) => ({ passed: seen === wanted, seen }) },
    })
  }

  private change(action: string, name: string, wanted: ServiceState | undefined): Promise<Verdict> {
    const becomes = wanted ?? 'running'
    const ask = asking(status(name))
    return this.step.executor.change({
      order: {
        tell: telling({ agent: 'service', action, inputs: { service: name } }),
        contradicts: (answer) => ownWord(answer) !== undefined && ownWord(answer) !== becomes,
        verify: { ask, read: isState(becomes), onlyContradictions: wanted === undefined },
      },
      plannable: {
        resource: resource(name),
        ask,
        plan: (answer, _, expected) => planService(answer, expected, wanted),
        words: (now) => `would ${action}: ${now}`,
        affectsOthers: true,
      },
      repeatable: true,
    })
  }
}

/** Returns whether a planned resource is a service. */
export function isService(planned: string): boolean {
  return planned.startsWith('service ')
}

function status(name: string) {
  return { agent: 'service', action: 'status', inputs: { service: name } }
}

function resource(name: string): string {
  return `service ${name}`
}

/** Returns the planned state of a service; without `wanted` it is restarted, in any state. */
function planService(answer: Answer, expected: Expected, wanted: ServiceState | undefined): PlannedState {
  if (answer.kind !== 'answered')
    return { now: NOT_KNOWN, to: undefined, fails: state(answer), mayBeMended: true }
  const now = byThen(state(answer), expected)
  return wanted === undefined ? { now, to: 'running', always: true } : { now, to: wanted }
}

function isState(wanted: ServiceState): (answer: Answer) => Reading {
  return (answer) => ({
    passed: answer.kind === 'answered' && answer.data['status'] === wanted,
    seen: state(answer),
  })
}

/** Returns the state that a host itself says it has, in an answer to an order. */
function ownWord(answer: Answer): string | undefined {
  const own = answer.kind === 'answered' ? answer.data['status'] : undefined
  return typeof own === 'string' ? own : undefined
}

function state(answer: Answer): string {
  if (answer.kind === 'failed') return answer.message || 'failed without saying why'
  return answer.kind === 'answered' ? formatValue(answer.data['status'] ?? DONE) : answer.kind
}
