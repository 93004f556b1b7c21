import { converge, DONE } from '../engine/converge'
import { byThen, NOT_KNOWN, type PlannedState } from '../engine/plan_change'
import type { Expected } from '../model/plan_state'
import { lookWith, observe, shown, type Patience, type Reading } from '../engine/observe'
import type { Answer } from '../model/answers'
import type { Rollout } from '../rollout'
import type { Verdict } from '../model/verdict'

export type ServiceState = 'running' | 'stopped'

export class Services {
  constructor(private readonly rollout: Rollout) {}

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
    return observe(this.rollout, this.status(name), isState(wanted), patience, {
      resource: resource(name),
      judge: (seen) => ({ passed: seen === wanted, seen }),
    })
  }

  private change(action: string, name: string, wanted: ServiceState | undefined): Promise<Verdict> {
    const becomes = wanted ?? 'running'
    return converge(this.rollout, {
      order: (hosts) =>
        this.rollout.ask({ agent: 'service', action, inputs: { service: name }, mutating: true }, hosts),
      contradicts: (answer) => claims(answer) !== undefined && claims(answer) !== becomes,
      repeatable: true,
      plannable: {
        resource: resource(name),
        look: this.status(name),
        plan: (answer, _, expected) => plannedStateOf(answer, expected, wanted),
        words: (now) => `would ${action}: ${now}`,
        affectsOthers: true,
      },
      verify: {
        look: this.status(name),
        read: isState(becomes),
        onlyContradictions: wanted === undefined,
      },
    })
  }

  private status(name: string) {
    return lookWith(this.rollout, { agent: 'service', action: 'status', inputs: { service: name } })
  }
}

/** Returns whether a planned resource is a service. */
export function isService(resource: string): boolean {
  return resource.startsWith('service ')
}

function resource(name: string): string {
  return `service ${name}`
}

/** Returns the planned state of a service; without `wanted` it is restarted, whatever it is. */
function plannedStateOf(answer: Answer, expected: Expected, wanted: ServiceState | undefined): PlannedState {
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

function claims(answer: Answer): string | undefined {
  const status = answer.kind === 'answered' ? answer.data['status'] : undefined
  return typeof status === 'string' ? status : undefined
}

function state(answer: Answer): string {
  if (answer.kind === 'failed') return answer.message || 'failed without saying why'
  return answer.kind === 'answered' ? shown(answer.data['status'] ?? DONE) : answer.kind
}
