import type { Balancer, Request } from '../rollout/ports'

/**
 * Takes a host out of the pool by having its own packet filter refuse the balancer's address (the iptables agent).
 * Connections that are open are cut: this is a block and no drain.
 */
export function hostFirewall(address: string): Balancer {
  const request = (action: string, changes: boolean): Request => ({
    agent: 'iptables',
    action,
    inputs: { ipaddr: address },
    changes,
  })
  return {
    obligation: `blocks ${address}`,
    block: (hosts, ask) => ask(request('block', true), hosts),
    unblock: (hosts, ask) => ask(request('unblock', true), hosts),
    look: (hosts, ask) => ask(request('isblocked', false), hosts),
  }
}
