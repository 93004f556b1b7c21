import { hostFirewall } from '../balancers/firewall'
import { secretsOf, type Environment } from '../config/environment'
import { puppetDisabled } from '../rollout/verbs/puppet'
import type { Balancers } from '../rollout/ports'
import type { Obligation } from '../rollout/model/obligation'
import { LockstepError } from '../system/errors'
import { redactorOfOthers } from '../system/redaction'
import { lazy } from './lazy'

/** Milliseconds that HAProxy's runtime socket may take for an answer. */
const ANSWER_WITHIN = 5_000
/** Milliseconds that a server may take to be UP once it is ready. */
const UP_WITHIN = 15_000

/**
 * Returns the balancers that features can name in an environment. A balancer asks `expectMayOrder` before it gives
 * orders over its own wire.
 */
export function balancersOf(
  environment: Environment,
  expectMayOrder: (what: string) => void = () => {},
): Balancers {
  const { name: called, brokers, haproxy, lookEvery } = environment
  return {
    at(address) {
      // A broker that its hosts block could not carry the order to unblock it.
      if (brokers.some(({ host }) => host === address))
        throw new LockstepError(
          'bad-input',
          `${address} is the address of the broker of ${called}: hosts that block it cannot be reached any more; name the address of the load balancer`,
        )
      return hostFirewall(address)
    },
    backend(name) {
      if (haproxy.length === 0) {
        throw new LockstepError(
          'bad-config',
          `the haproxy backend ${name} is named, and ${called} has no HAProxy; give its runtime sockets in lockstep.yaml, such as haproxy: [{ socket: /run/haproxy/admin.sock }]`,
        )
      }
      // HAProxy is loaded only where a feature names a backend.
      const { HaproxyBackend } = lazy.haproxy
      const { haproxyBalancer } = lazy.haproxy
      const redact = redactorOfOthers(secretsOf(environment))
      const places = haproxy.map(
        (address) => new HaproxyBackend(address, name, ANSWER_WITHIN, expectMayOrder, redact),
      )
      return haproxyBalancer(name, { places, upWithin: UP_WITHIN, lookEvery })
    },
  }
}

/** Returns the obligation that a journal names; undefined for words that are not known. */
export function obligationOf(obligation: string, balancers: Balancers): Obligation | undefined {
  const [, address] = /^blocks (\S+)$/.exec(obligation) ?? []
  if (address !== undefined) return hostFirewall(address)
  const [, backend] = /^is out of the haproxy backend (\S+)$/.exec(obligation) ?? []
  if (backend !== undefined) return balancers.backend(backend)
  return obligation === puppetDisabled.name ? puppetDisabled : undefined
}
