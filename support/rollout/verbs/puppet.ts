import type { StepContext } from '../engine/step_context'
import type { Answer, Answers, Request } from '../model/answers'
import type { Ledger } from '../model/ledger'
import type { Obligation, ObligationState } from '../model/obligation'
import type { Verdict } from '../model/verdict'
import { lookWhetherOut, putBack, takeOut } from './obligations'

/**
 * Puppet, kept from undoing what a rollout is doing. A host with puppet disabled is in the ledger until puppet is seen
 * to be enabled.
 */
export class Puppet {
  constructor(
    private readonly step: Pick<StepContext, 'executor'>,
    private readonly ledger: Ledger,
  ) {}

  disable(message: string): Promise<Verdict> {
    return this.step.executor.change(
      takeOut(this.ledger, puppetDisabled, (hosts, { ask }) =>
        ask(request('disable', true, { message }), hosts),
      ),
    )
  }

  enable(): Promise<Verdict> {
    return this.step.executor.change(putBack(this.ledger, puppetDisabled))
  }

  shouldBe(wanted: 'disabled' | 'enabled'): Promise<Verdict> {
    return this.step.executor.look(lookWhetherOut(this.ledger, puppetDisabled, wanted === 'disabled'))
  }
}

export const puppetDisabled: Obligation = {
  name: 'keeps puppet disabled',
  putBack: (hosts, { ask }) => ask(request('enable', true), hosts),
  look: (hosts, { ask }): Promise<Answers> => ask(request('status', false), hosts),
  read: (answer): ObligationState => {
    const enabled = answer.kind === 'answered' ? answer.data['enabled'] : undefined
    if (typeof enabled === 'boolean') return { isOpen: !enabled, seen: enabled ? 'enabled' : 'disabled' }
    return { isOpen: undefined, seen: describeAnswer(answer) }
  },
}

function request(action: string, mutating: boolean, inputs: Request['inputs'] = {}): Request {
  return { agent: 'puppet', action, inputs, mutating }
}

function describeAnswer(answer: Answer): string {
  return answer.kind === 'failed' ? answer.message : 'does not say whether puppet is enabled'
}
