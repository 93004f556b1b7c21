import { converge } from './converge'
import { lookWith, observe, shown } from './observe'
import type { Request } from './ports'
import type { Rollout } from './rollout'
import { clean, type Verdict } from './verdict'

/** Any agent that the fleet runs. */
export class Agents {
  constructor(private readonly rollout: Rollout) {}

  /** Runs an action on every host. It is taken to change something, so it is never sent twice. */
  run(agent: string, action: string, inputs: Request['inputs']): Promise<Verdict> {
    return converge(this.rollout, {
      order: (hosts) => this.rollout.ask({ agent, action, inputs, changes: true }, hosts),
      done: () => 'done',
      repeatable: false,
    })
  }

  /** Looks at one value of every host's reply. */
  shouldAnswer(
    agent: string,
    action: string,
    inputs: Request['inputs'],
    name: string,
    wanted: string,
  ): Promise<Verdict> {
    return observe(this.rollout, lookWith(this.rollout, { agent, action, inputs }), (answer) => {
      if (answer.kind === 'failed') return { held: false, seen: answer.message }
      const value = answer.kind === 'answered' ? shown(answer.data[name]) : 'nothing'
      return { held: value === wanted, seen: `${name} ${clean(value)}` }
    })
  }

  shouldAllAnswer(): Promise<Verdict> {
    return observe(
      this.rollout,
      lookWith(this.rollout, { agent: 'rpcutil', action: 'ping', inputs: {} }),
      (answer) => ({
        held: answer.kind === 'answered',
        seen: answer.kind === 'answered' ? 'answered' : 'failed',
      }),
    )
  }
}
