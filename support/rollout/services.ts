import { converge } from './converge'
import type { Prediction } from './foresee'
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
    return converge(this.rollout, {
      order: (hosts) =>
        this.rollout.ask({ agent: 'service', action, inputs: { service: name }, changes: true }, hosts),
      done: state,
      repeatable: true,
      forecast: {
        thing: thing(name),
        look: this.status(name),
        predict: (answer) => predict(answer, wanted),
        words: (now) => `would ${action}: ${now}`,
        disturbs: true,
      },
      ...(wanted === undefined ? {} : { verify: { look: this.status(name), read: isState(wanted) } }),
    })
  }

  private status(name: string) {
    return lookWith(this.rollout, { agent: 'service', action: 'status', inputs: { service: name } })
  }
}

function thing(name: string): string {
  return `service ${name}`
}

/** Without `wanted` it is restarted, whatever it is. */
function predict(answer: Answer, wanted: ServiceState | undefined): Prediction {
  const now = state(answer)
  if (answer.kind !== 'answered') return { now, to: undefined, fails: now }
  return wanted === undefined ? { now, to: 'running', always: true } : { now, to: wanted }
}

function isState(wanted: ServiceState): (answer: Answer) => Sight {
  return (answer) => ({
    held: answer.kind === 'answered' && answer.data['status'] === wanted,
    seen: state(answer),
  })
}

function state(answer: Answer): string {
  if (answer.kind === 'failed') return answer.message || 'failed without saying why'
  return answer.kind === 'answered' ? shown(answer.data['status'] ?? 'done') : answer.kind
}
