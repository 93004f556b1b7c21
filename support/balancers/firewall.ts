import { shown } from '../rollout/observe'
import type { Answer, Balancer, Request } from '../rollout/ports'

/**
 * Takes a host out of the pool by having its own packet filter refuse the balancer's address (the iptables agent).
 * Connections that are open are cut: this is a block and no drain. Unaware of the balancer itself, and of hosts of the
 * pool that are not in the rollout.
 */
export function hostFirewall(address: string): Balancer {
  const request = (action: string, changes: boolean): Request => ({
    agent: 'iptables',
    action,
    inputs: { ipaddr: address },
    changes,
  })
  const look: Balancer['look'] = (hosts, { ask }) => ask(request('isblocked', false), hosts)
  return {
    obligation: `blocks ${address}`,
    lastMayGo: true,
    block: (hosts, { ask }) => ask(request('block', true), hosts),
    lift: (hosts, { ask }) => ask(request('unblock', true), hosts),
    look,
    read,
    async pool(hosts, reach) {
      const { outcomes } = await look(hosts, reach)
      return hosts.map((name) => {
        const { held, seen } = read(outcomes.get(name) ?? { kind: 'silent', waited: 0 })
        return { name, inService: held === false, seen }
      })
    },
  }
}

function read(answer: Answer): { held: boolean | undefined; seen: string } {
  const blocked = answer.kind === 'answered' ? answer.data['blocked'] : undefined
  if (typeof blocked === 'boolean') return { held: blocked, seen: blocked ? 'blocked' : 'unblocked' }
  if (answer.kind === 'failed') return { held: undefined, seen: answer.message }
  return {
    held: undefined,
    seen:
      answer.kind === 'silent' ? 'no answer' : `does not say whether it is blocked: ${shown(answer.kind)}`,
  }
}
