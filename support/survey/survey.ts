import type { FleetRoad } from '../composition/fleet_road'
import { secretsOf, type Environment } from '../config/environment'
import { compareWith } from '../rollout/model/compare_with'
import type { Selection } from '../rollout/ports'
import type { RpcClient } from '../rpc/client/client'
import type { UnexpectedReply } from '../rpc/client/result'
import { rpcutil } from '../rpc/contracts/rpcutil'
import type { Clock } from '../system/clock'
import { redactorOfOthers } from '../system/redaction'
import { tellNobody, type TellWait } from '../system/wait'
import { expectedHosts, findHosts } from './find_hosts'
import { Hearing } from './hearing'
import { readHost, type AgentOnHost } from './host_answers'
import { withFleet } from './with_fleet'

/** Who is there, how fast each host answers, and what runs on it. */
export interface Survey {
  environment: string
  hosts: readonly SurveyedHost[]
  /** The hosts that should be there; undefined where no inventory says so. */
  expected: readonly string[] | undefined
  /** The expected hosts that answer nothing. */
  silent: readonly string[]
  /** The hosts that answer and are not expected. */
  unexpected: readonly string[]
  /** The messages that are no host's answer, such as one that is signed with another secret. */
  messages: readonly UnexpectedReply[]
}

export interface SurveyedHost {
  host: string
  /** Milliseconds from the question to the answer. */
  ms: number
  /** The daemon with its version, such as `mcollectived 2.12.1`; undefined where the host does not tell. */
  daemon: string | undefined
  agents: readonly AgentOnHost[] | undefined
  /** The reason why the daemon or the agents are not known; undefined where they are. */
  trouble: string | undefined
}

export interface SurveyOptions {
  clock: Clock
  signal: AbortSignal
  tellWait?: TellWait
  /** Milliseconds that an expected host has, asked by its name, once it was silent in the open discovery. */
  askAgainWithin?: number
}

/**
 * Asks the hosts of a selection who they are. It only looks, through the same connection and security as a rollout.
 * @throws LockstepError `broker-unreachable`, `broker-refused` or `broker-lost`, and what the inventory's faults are
 */
export async function surveyFleet(
  environment: Environment,
  selection: Selection,
  { clock, signal, askAgainWithin, tellWait = tellNobody }: SurveyOptions,
): Promise<Survey> {
  const redact = redactorOfOthers(secretsOf(environment))
  const expected = await expectedHosts(environment, selection, signal)
  let hearing: Hearing | undefined
  const hear = (road: FleetRoad) => (hearing = new Hearing(road.connector, road.security, clock))
  return withFleet(environment, { clock, signal, tellWait, beforeOpen: hear }, async (fleet) => {
    const { client, messages, expectConnected } = fleet
    const asking = { expected, askAgainWithin, signal, tellWait, onAsk: () => hearing?.ask() }
    const { found, unexpected } = await findHosts(client, environment, selection, asking)
    expectConnected()
    const asked = await askHosts(client, found, environment, { signal, tellWait })
    expectConnected()
    const { missing: silent, strangers } = compareWith(expected ?? found, found)
    const all = [...messages, ...unexpected, ...asked.unexpected]
    return {
      environment: environment.name,
      hosts: found.map((host) => ({
        host,
        ms: hearing?.heard.get(host)?.ms ?? 0,
        ...readHost(asked.stats.get(host), asked.agents.get(host), redact),
      })),
      expected,
      silent,
      unexpected: strangers,
      messages: all.map((message) => ({ ...message, detail: redact(message.detail) })),
    }
  })
}

async function askHosts(
  client: RpcClient,
  hosts: readonly string[],
  { timeouts }: Environment,
  { signal, tellWait }: { signal: AbortSignal; tellWait: TellWait },
) {
  const within = timeouts['rpcutil'] ?? timeouts['default'] ?? rpcutil.timeout * 1000
  const ask = (action: keyof typeof rpcutil.actions) =>
    client.call({ agent: rpcutil.agent, action, inputs: {}, hosts, within, signal, tellWait })
  const [stats, agents] = await Promise.all([ask('daemon_stats'), ask('agent_inventory')])
  return {
    stats: stats.outcomes,
    agents: agents.outcomes,
    unexpected: [...stats.unexpected, ...agents.unexpected],
  }
}
