import { randomBytes } from 'node:crypto'
import { connectorOf, describeBrokers, securityOf } from '../composition/fleet_wire'
import { secretsOf, type Environment } from '../config/environment'
import { readExpectedHosts } from '../inventory/expected_hosts'
import { filterOf } from '../inventory/selection'
import { compareWith } from '../rollout/model/compare_with'
import type { Selection } from '../rollout/ports'
import { RpcClient } from '../rpc/client/client'
import type { UnexpectedReply } from '../rpc/client/result'
import { ownContractOf } from '../rpc/contracts'
import { rpcutil } from '../rpc/contracts/rpcutil'
import type { Clock } from '../system/clock'
import { LockstepError } from '../system/errors'
import { redactorOfOthers } from '../system/redaction'
import { tellNobody, tellWhile, type TellWait } from '../system/wait'
import { Hearing } from './hearing'
import { readHost, type AgentOnHost } from './host_answers'

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

/** The number of discovery windows that an expected host gets to show itself. */
const KNOWN_HOSTS_WITHIN = 5

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
  const connector = connectorOf(environment, clock, redact)
  const security = securityOf(environment)
  const hearing = new Hearing(connector, security, clock)
  const messages: UnexpectedReply[] = []
  let lost: Error | undefined
  const client = new RpcClient({
    connector: environment.directAddressing ? connector : { ...connector, scanCost: Infinity },
    security,
    identity: environment.identity,
    collective: environment.collective,
    ttl: environment.ttl,
    clock,
    contractOf: ownContractOf,
    newRequestId: () => randomBytes(16).toString('hex'),
    onUnexpected: (message) => messages.push(message),
    onConnection: (event) => (lost ??= event === 'restored' ? undefined : event.lost),
  })
  const expectConnected = () => {
    if (lost !== undefined)
      throw new LockstepError('broker-lost', `${lost.message}; nothing is known of the hosts`)
  }
  await tellWhile(tellWait, { what: describeBrokers(environment) }, () => connector.open(signal))
  try {
    hearing.ask()
    const filter = filterOf(selection)
    const window = environment.discoveryWindow
    const open = await client.discover({ filter, within: window, signal, tellWait })
    const { missing } = compareWith(expected ?? [], open.hosts)
    hearing.ask()
    // An expected host is missed only once it does not answer to its own name either, as in a roll call.
    const again =
      missing.length === 0
        ? NONE
        : await client.discover({
            filter: filterOf(NOTHING_ASKED),
            hosts: missing,
            within: askAgainWithin ?? window * KNOWN_HOSTS_WITHIN,
            signal,
            tellWait,
          })
    const found = [...open.hosts, ...again.hosts].sort()
    expectConnected()
    const asked = await askHosts(client, found, environment, { signal, tellWait })
    expectConnected()
    const { missing: silent, strangers } = compareWith(expected ?? found, found)
    const all = [...messages, ...open.unexpected, ...again.unexpected, ...asked.unexpected]
    return {
      environment: environment.name,
      hosts: found.map((host) => ({
        host,
        ms: hearing.heard.get(host)?.ms ?? 0,
        ...readHost(asked.stats.get(host), asked.agents.get(host), redact),
      })),
      expected,
      silent,
      unexpected: strangers,
      messages: all.map((message) => ({ ...message, detail: redact(message.detail) })),
    }
  } finally {
    await connector.close()
  }
}

const NONE = { hosts: [], unexpected: [] }

/** The selection of every host. */
export const NOTHING_ASKED: Selection = { classes: [], facts: [], identities: [], listed: undefined }

function expectedHosts(
  environment: Environment,
  selection: Selection,
  signal: AbortSignal,
): Promise<readonly string[] | undefined> {
  const { name, inventory, environments } = environment
  const known = readExpectedHosts(inventory, {
    environment: environments === undefined ? undefined : name,
    environments,
    signal,
    redact: redactorOfOthers(secretsOf(environment)),
  })
  return known?.matching(selection) ?? Promise.resolve(undefined)
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
