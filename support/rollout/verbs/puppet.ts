import { takeOut, shouldBeOut, putBack } from './obligations'
import type { Obligation } from '../model/obligation'
import type { ObligationState } from '../model/obligation'
import type { HostGateway } from '../model/obligation'
import type { Answers } from '../model/answers'
import type { Answer } from '../model/answers'
import type { Request } from '../model/answers'
import type { Rollout } from '../rollout'
import type { Verdict } from '../model/verdict'

/**
 * Puppet, kept from undoing what a rollout is doing. A host with puppet disabled is in the ledger until puppet is seen
 * to be enabled.
 */
export class Puppet {
  constructor(private readonly rollout: Rollout) {}

  disable(message: string): Promise<Verdict> {
    const order = (hosts: readonly string[], { ask }: HostGateway) =>
      ask(request('disable', true, { message }), hosts)
    return takeOut(this.rollout, puppetDisabled, order)
  }

  enable(): Promise<Verdict> {
    return putBack(this.rollout, puppetDisabled)
  }

  shouldBe(wanted: 'disabled' | 'enabled'): Promise<Verdict> {
    return shouldBeOut(this.rollout, puppetDisabled, wanted === 'disabled')
  }
}

export const puppetDisabled: Obligation = {
  name: 'keeps puppet disabled',
  putBack: (hosts, { ask }) => ask(request('enable', true), hosts),
  look: (hosts, { ask }): Promise<Answers> => ask(request('status', false), hosts),
  read: (answer): ObligationState => {
    const enabled = answer.kind === 'answered' ? answer.data['enabled'] : undefined
    if (typeof enabled === 'boolean') return { isOpen: !enabled, seen: enabled ? 'enabled' : 'disabled' }
    return { isOpen: undefined, seen: said(answer) }
  },
}

function request(action: string, mutating: boolean, inputs: Request['inputs'] = {}): Request {
  return { agent: 'puppet', action, inputs, mutating }
}

function said(answer: Answer): string {
  return answer.kind === 'failed' ? answer.message : 'does not say whether puppet is enabled'
}
