import { formatValue } from '../rollout/model/reading'
import type { Balancer } from '../rollout/ports'
import type { Request, Answer } from '../rollout/model/answers'

/**
 * Takes a host out of the pool through its own packet filter, which refuses the balancer's address (the iptables
 * agent). Connections that are open are cut: this is a block and no drain. Unaware of the balancer itself, and of hosts
 * of the pool that are not in the rollout.
 */
export function hostFirewall(address: string): Balancer {
  const request = (action: string, mutating: boolean): Request => ({
    agent: 'iptables',
    action,
    inputs: { ipaddr: address },
    mutating,
  })
  const look: Balancer['look'] = (hosts, { ask }) => ask(request('isblocked', false), hosts)
  return {
    name: `blocks ${address}`,
    lastMayGo: true,
    block: (hosts, { ask }) => ask(request('block', true), hosts),
    putBack: (hosts, { ask }) => ask(request('unblock', true), hosts),
    look,
    read,
    async pool(hosts, reach) {
      const { outcomes } = await look(hosts, reach)
      return hosts.map((name) => {
        const { isOpen, seen } = read(outcomes.get(name) ?? { kind: 'silent', waited: 0 })
        return { name, inService: isOpen === false, seen }
      })
    },
  }
}

function read(answer: Answer): { isOpen: boolean | undefined; seen: string } {
  const blocked = answer.kind === 'answered' ? answer.data['blocked'] : undefined
  if (typeof blocked === 'boolean') return { isOpen: blocked, seen: blocked ? 'blocked' : 'unblocked' }
  if (answer.kind === 'failed') return { isOpen: undefined, seen: answer.message }
  return {
    isOpen: undefined,
    seen:
      answer.kind === 'silent'
        ? 'no answer'
        : `does not say whether it is blocked: ${formatValue(answer.kind)}`,
  }
}
