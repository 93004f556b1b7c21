import { randomBytes } from 'node:crypto'
import { fleetRoad } from '../composition/fleet_road'
import { secretsOf, type Environment } from '../config/environment'
import type { Connector } from '../connectors/connector'
import { NO_FILTER } from '../protocol/filter'
import type { ClientSecurity } from '../protocol/security/security'
import { Hearing, type Heard } from '../survey/hearing'
import { pause, type Clock } from '../system/clock'
import { redactorOfOthers } from '../system/redaction'

/** The hosts that are heard when requests may be older, and from other times, than those of a rollout. */
export interface Probe {
  heard: ReadonlyMap<string, Heard>
}

/** Seconds for which the requests of a probe are valid. Lockstep's own daemon takes 600 s of it, mcollectived all. */
const TTL_S = 86_400
/** Seconds by which requests are dated wrong where hosts are missing: clocks are most often wrong by hours. */
const SHIFTS_S = Array.from({ length: 12 }, (_, index) => (index + 1) * 3_600).flatMap((shift) => [
  shift,
  -shift,
])

/**
 * Pings all hosts with requests that hosts with a wrong clock accept as well, and notes what their clocks say. Those of
 * `silent` that are not heard even so, or all where none is heard, are pinged at other times too, by whole hours. A ping
 * changes nothing.
 * @throws LockstepError where no broker can be used
 */
export async function probeHosts(
  environment: Environment,
  { clock, signal, silent }: { clock: Clock; signal: AbortSignal; silent: readonly string[] },
): Promise<Probe> {
  const { connector, security } = fleetRoad(environment, clock, redactorOfOthers(secretsOf(environment)))
  const hearing = new Hearing(connector, security, clock)
  await connector.open(signal)
  const listen = async (shifts: readonly number[], identities: readonly string[]) => {
    for (const shift of shifts) {
      const msgtime = Math.floor(clock.now() / 1000) + shift
      await ping(environment, { connector, security, msgtime, identities }, signal)
    }
    await pause(clock, environment.discoveryWindow, signal)
  }
  try {
    await listen([0], [])
    const missing = silent.filter((host) => !hearing.heard.has(host))
    if (missing.length > 0 || hearing.heard.size === 0) await listen(SHIFTS_S, missing)
    return { heard: hearing.heard }
  } finally {
    await connector.close()
  }
}

interface Wire {
  connector: Connector
  security: ClientSecurity
  /** Seconds since 1970 of the request. */
  msgtime: number
  /** The only hosts that are to answer; any host where it is empty. */
  identities: readonly string[]
}

async function ping(
  { collective, identity }: Environment,
  { connector, security, msgtime, identities }: Wire,
  signal: AbortSignal,
): Promise<void> {
  const [agent, requestid] = ['discovery', randomBytes(16).toString('hex')]
  const body = security.sealRequest({
    senderid: identity,
    requestid,
    filter: { ...NO_FILTER, identities: [...identities] },
    collective,
    agent,
    ttl: TTL_S,
    msgtime,
    message: 'ping',
  })
  await connector.broadcast({ collective, agent }, { body, ttl: TTL_S }, signal)
}
