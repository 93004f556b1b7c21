import type { GuardedBalancer } from '../balancers/team/guarded_balancer'
import { hostFirewall } from '../balancers/firewall'
import type { TeamBalancerSettings } from '../config/balancers_setting'
import { secretsOf, type Environment } from '../config/environment'
import { roadsOf } from '../config/road_places'
import type { Extensions } from '../extensions/extensions'
import { puppetDisabled } from '../rollout/verbs/puppet'
import type { Balancer, Balancers } from '../rollout/ports'
import type { Obligation } from '../rollout/model/obligation'
import { systemClock } from '../system/clock'
import { LockstepError } from '../system/errors'
import { redactorOfOthers } from '../system/redaction'
import { expectTeamBalancer } from './expect_extensions'
import { lazy } from './lazy'

/** Milliseconds that HAProxy's runtime socket may take for an answer. */
const ANSWER_WITHIN = 5_000
/** Milliseconds that a server may take to be UP once it is ready. */
const UP_WITHIN = 15_000

const HAPROXY = 'haproxy'

interface Reaching {
  extensions: Extensions
  /** True where hosts are simulated. The simulated HAProxy then stands in for balancers of a team. */
  isSimulated: boolean
  /**
   * Called by a balancer before it gives orders over its own wire.
   * @throws Error where nothing may be changed
   */
  expectMayOrder?: (what: string) => void
}

/** Returns the balancers that features can name in an environment. */
export function balancersOf(environment: Environment, reaching: Reaching): Balancers {
  const { name: called, haproxy, balancers } = environment
  const brokers = roadsOf(environment).flatMap(({ road }) => road.brokers)
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
    backend(name, kind) {
      const known = kind ?? kindOfPool(environment, name)
      if (known === HAPROXY) return haproxyBackend(environment, name, reaching)
      if (reaching.isSimulated)
        return haproxyBackend(environment, name, reaching, `the ${known} backend ${name}`)
      const settings = balancers.find((each) => each.kind === known && each.backend === name)
      if (settings === undefined)
        throw new LockstepError(
          'bad-config',
          `the ${known} backend ${name} is named, and ${called} has none; write it in lockstep.yaml, such as balancers: [{ name: ${name}, kind: ${known} }]${haproxy.length === 0 ? '' : ', or name a haproxy backend'}`,
        )
      return ofTeam(environment, settings, reaching)
    },
  }
}

/**
 * Returns the kind of the only pool that has a name.
 * @throws LockstepError `bad-config` when there may be several
 */
function kindOfPool({ haproxy, balancers }: Environment, name: string): string {
  const [one, ...others] = balancers.filter(({ backend }) => backend === name)
  if (one === undefined) return HAPROXY
  if (others.length === 0 && haproxy.length === 0) return one.kind
  throw new LockstepError(
    'bad-config',
    `several balancers may have a backend ${name}; say first which one is meant: the load balancer is the ${one.kind} backend ${name}`,
  )
}

function haproxyBackend(
  environment: Environment,
  name: string,
  { expectMayOrder }: Reaching,
  title?: string,
): Balancer {
  const { name: called, haproxy, lookEvery } = environment
  if (haproxy.length === 0) {
    throw new LockstepError(
      'bad-config',
      `the haproxy backend ${name} is named, and ${called} has no HAProxy; give its runtime sockets in lockstep.yaml, such as haproxy: [{ socket: /run/haproxy/admin.sock }]`,
    )
  }
  // HAProxy is loaded only where a feature names a backend.
  const { HaproxyBackend, haproxyBalancer } = lazy.haproxy
  const redact = redactorOfOthers(secretsOf(environment))
  const places = haproxy.map(
    (address) => new HaproxyBackend(address, name, ANSWER_WITHIN, expectMayOrder, redact),
  )
  const words = title === undefined ? {} : { title }
  return haproxyBalancer(name, { places, upWithin: UP_WITHIN, lookEvery, ...words })
}

function ofTeam(
  environment: Environment,
  settings: TeamBalancerSettings,
  { extensions, expectMayOrder = () => {} }: Reaching,
): Balancer {
  const { kind, backend, within } = settings
  const { teamBalancer } = lazy.teamBalancer
  const code = guardedBalancer(environment, settings, { extensions, expectMayOrder })
  return teamBalancer(code, { kind, backend, settleWithin: within, lookEvery: environment.lookEvery })
}

/**
 * Returns the code of a team's balancer, guarded.
 * @throws LockstepError `bad-config` where no extension has it
 */
export function guardedBalancer(
  environment: Environment,
  { kind, backend, where, within, options }: TeamBalancerSettings,
  { extensions, expectMayOrder }: Required<Omit<Reaching, 'isSimulated'>>,
): GuardedBalancer {
  const { file, add } = expectTeamBalancer({ kind, where }, extensions)
  const { GuardedBalancer: Guarded, titleOf } = lazy.teamBalancer
  return new Guarded({
    called: `${titleOf(kind, backend)} (${file})`,
    make: () => add(options, backend),
    within,
    clock: systemClock,
    redact: redactorOfOthers(secretsOf(environment)),
    expectMayOrder,
  })
}

/** Returns the obligation that a journal names; undefined for words that are not known. */
export function obligationOf(obligation: string, balancers: Balancers): Obligation | undefined {
  const [, address] = /^blocks (\S+)$/.exec(obligation) ?? []
  if (address !== undefined) return hostFirewall(address)
  const [, kind, backend] = /^is out of the (\S+) backend (\S+)$/.exec(obligation) ?? []
  if (kind !== undefined && backend !== undefined) return balancers.backend(backend, kind)
  return obligation === puppetDisabled.name ? puppetDisabled : undefined
}
