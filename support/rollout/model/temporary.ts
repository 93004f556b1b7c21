/**
 * Matches the actions that only stop traffic, puppet or other rollouts, or let them go on, and those that only fetch. `haproxy` and `balancer:…`
 * stand in journals for orders to a balancer.
 */
const TEMPORARY =
  /^(?:iptables|haproxy|balancer:\S+|lock) |^puppet (?:enable|disable)$|^git fetch$|^package refresh$/

/** Returns whether an action of an agent leaves a host as it was, once the rollout is over. */
export function isTemporary(agent: string, action: string): boolean {
  return TEMPORARY.test(`${agent} ${action}`)
}
