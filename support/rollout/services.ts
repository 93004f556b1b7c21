import { converge, DONE } from './converge'
import { byThen, NOT_KNOWN, type Prediction } from './foresee'
import type { Expected } from './foresight'
import { lookWith, observe, shown, type Patience, type Sight } from './observe'
import type { Answer } from './ports'
import type { Rollout } from './rollout'
import type { Verdict } from './verdict'

export type ServiceState = 'running' | 'stopped'

export class Services {
  constructor(private readonly rollout: Rollout) {}

  start(name: string): Promise<Verdict> {
    return this.change('start', name, 'running')
  }

  stop(name: string): Promise<Verdict> {
    return this.change('stop', name, 'stopped')
  }

  /** A host that did not answer may or may not have restarted: running says nothing about it. */
  restart(name: string): Promise<Verdict> {
    return this.change('restart', name, undefined)
  }

  shouldBe(name: string, wanted: ServiceState, patience?: Patience): Promise<Verdict> {
    return observe(this.rollout, this.status(name), isState(wanted), patience, {
      thing: thing(name),
      judge: (seen) => ({ held: seen === wanted, seen }),
    })
  }

  private change(action: string, name: string, wanted: ServiceState | undefined): Promise<Verdict> {
    const becomes = wanted ?? 'running'
    return converge(this.rollout, {
      order: (hosts) =>
        this.rollout.ask({ agent: 'service', action, inputs: { service: name }, changes: true }, hosts),
      contradicts: (answer) => claims(answer) !== undefined && claims(answer) !== becomes,
      repeatable: true,
      forecast: {
        thing: thing(name),
        look: this.status(name),
        predict: (answer, _, expected) => predict(answer, expected, wanted),
        words: (now) => `would ${action}: ${now}`,
        disturbs: true,
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

/** Whether a thing that is planned for is a service. */
export function isService(thing: string): boolean {
  return thing.startsWith('service ')
}

function thing(name: string): string {
  return `service ${name}`
}

/** Without `wanted` it is restarted, whatever it is. */
function predict(answer: Answer, expected: Expected, wanted: ServiceState | undefined): Prediction {
  if (answer.kind !== 'answered')
    return { now: NOT_KNOWN, to: undefined, fails: state(answer), mayBeMended: true }
  const now = byThen(state(answer), expected)
  return wanted === undefined ? { now, to: 'running', always: true } : { now, to: wanted }
}

function isState(wanted: ServiceState): (answer: Answer) => Sight {
  return (answer) => ({
    held: answer.kind === 'answered' && answer.data['status'] === wanted,
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
