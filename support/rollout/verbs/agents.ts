import type { Redact } from '../../system/redaction'
import { telling } from '../engine/change'
import type { StepContext } from '../engine/step_context'
import type { Answer, Request } from '../model/answers'
import { formatValue, type Reading } from '../model/reading'
import { clean, type Verdict } from '../model/verdict'

/** Any agent that the fleet runs. */
export class Agents {
  /** `redact` takes secrets out of a value before it is cut to what is shown. */
  constructor(
    private readonly step: Pick<StepContext, 'executor'>,
    private readonly redact: Redact,
  ) {}

  /** Runs an action on every host. The action is taken to change something, so it is never sent twice. */
  run(agent: string, action: string, inputs: Request['inputs']): Promise<Verdict> {
    const request = { agent, action, inputs, mutating: true }
    return this.step.executor.change({
      order: { tell: telling(request) },
      plannable: { action: request },
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
    const read = (answer: Answer): Reading => {
      if (answer.kind === 'failed') return { passed: false, seen: answer.message }
      const value = answer.kind === 'answered' ? formatValue(answer.data[name]) : 'nothing'
      return { passed: value === wanted, seen: `${name} ${clean(this.redact(value))}` }
    }
    // It is not known what an answer depends on.
    return this.step.executor.look({ request: { agent, action, inputs }, read, subject: 'anything' })
  }

  shouldAllAnswer(): Promise<Verdict> {
    return this.step.executor.look({
      request: { agent: 'rpcutil', action: 'ping', inputs: {} },
      read: ({ kind }) => ({
        passed: kind === 'answered',
        seen: kind === 'answered' ? 'answered' : 'failed',
      }),
    })
  }
}
