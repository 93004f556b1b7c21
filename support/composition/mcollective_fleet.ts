import { randomBytes } from 'node:crypto'
import { secretsOf, type Environment } from '../config/environment'
import { filterOf } from '../inventory/selection'
import type { EnoughHosts, Fleet } from '../rollout/ports'
import type { UnexpectedMessage } from '../system/unexpected_messages'
import { RpcClient } from '../rpc/client/client'
import type { ContractLookup } from '../rpc/contracts'
import { systemClock, type Clock } from '../system/clock'
import { redactorOfOthers, type Redact } from '../system/redaction'
import type { Log } from '../system/log'
import { tellWhile, type TellWait } from '../system/wait'
import { describeRoad, fleetRoad } from './fleet_road'
import { redactAnswers, redactUnexpected } from './redacted_replies'

export interface ReachableFleet extends Fleet {
  /** Returns why there is no connection at the moment; undefined while there is one, or before the first. */
  lost(): Error | undefined
  /** Hears the messages that still come within `ms`, and all that wait to be read by then. */
  listen(ms: number): Promise<void>
  close(): Promise<void>
}

/** Milliseconds that an agent without a contract may take. */
const UNKNOWN_AGENT = 60_000
/**
 * The number of discovery windows that a known host gets to show itself. An unknown host gets one; a known one is
 * missed if it does not answer.
 */
const KNOWN_HOSTS_WITHIN = 5

/** Returns the rollout's fleet, reached by MCollective; it connects when it is first needed. */
export function mcollectiveFleet(
  environment: Environment,
  log: Log,
  heard: { message: (message: UnexpectedMessage) => void; note: (text: string) => void; tellWait: TellWait },
  contractOf: ContractLookup,
  clock: Clock = systemClock,
): ReachableFleet {
  const signal = new AbortController().signal
  const over = new AbortController()
  const redact = redactorOfOthers(secretsOf(environment))
  const road = fleetRoad(environment, clock, redact)
  const client = new RpcClient({
    ...road,
    identity: environment.identity,
    collective: environment.collective,
    ttl: environment.ttl,
    clock,
    contractOf,
    newRequestId: () => randomBytes(16).toString('hex'),
    onUnexpected(message) {
      log.warn({ message }, 'a message that nobody waited for')
      heard.message(redactUnexpected(message, redact))
    },
    onConnection(event) {
      lost = event === 'restored' ? undefined : event.lost
      endLoss()
      endLoss = lost === undefined || closing ? noop : heard.tellWait({ what: `${called} to be back` })
      const text = event === 'restored' ? back : event.lost.message
      log.warn(text)
      if (!closing) heard.note(text)
    },
  })
  let opened: Promise<void> | undefined
  let closing = false
  let lost: Error | undefined
  let endLoss = noop
  const called = describeRoad(environment)
  const isMixed = environment.road.connector === 'mixed'
  const back = isMixed ? 'all roads to the hosts are back' : 'the connection to the broker is back'
  const open = (tellWait: TellWait) =>
    tellWhile(tellWait, { what: called }, () => (opened ??= road.connector.open(signal)))
  const within = (agent: string) =>
    environment.timeouts[agent] ??
    environment.timeouts['default'] ??
    (contractOf(agent)?.timeout ?? UNKNOWN_AGENT / 1000) * 1000
  return {
    async discover(selection, tellWait, enough) {
      await open(tellWait)
      const { listed, agents = [] } = selection
      const found = await client.discover({
        filter: { ...filterOf(selection), agents: [...agents] },
        within: environment.discoveryWindow * (listed === undefined ? 1 : KNOWN_HOSTS_WITHIN),
        signal: over.signal,
        tellWait,
        ...(listed === undefined ? {} : { hosts: listed }),
        ...(enough === undefined ? {} : { enough: redactLater(enough, redact) }),
      })
      log.info({ selection, found: found.hosts.length }, 'discovered')
      // A host may answer by a second road once all have answered by one: none is changed before the window is over.
      if (isMixed && listed !== undefined)
        found.window ??= client.listen(environment.discoveryWindow, over.signal)
      return found
    },
    async call({ agent, action, inputs }, hosts, { beforeSend, expectAllowed, tellWait, onAnswer = noop }) {
      await open(tellWait)
      const result = await client.call({
        agent,
        action,
        inputs,
        hosts,
        within: within(agent),
        signal,
        beforeSend,
        expectAllowed,
        tellWait,
        onAnswer,
      })
      log.info(
        { agent, action, requestId: result.requestId, hosts: hosts.length, interrupted: result.interrupted },
        'called',
      )
      const unexpected = result.unexpected.map((message) => redactUnexpected(message, redact))
      return { ...result, unexpected, outcomes: redactAnswers(agent, result.outcomes, redact) }
    },
    lost: () => lost,
    listen: (ms) => client.listen(ms, signal),
    async close() {
      closing = true
      endLoss()
      // Windows that are still open end here: they have no listener any longer.
      over.abort()
      if (opened !== undefined) await opened.then(() => road.connector.close()).catch(() => {})
    },
  }
}

const noop = () => {}

function redactLater(enough: EnoughHosts, redact: Redact): EnoughHosts {
  return { ...enough, onUnexpected: (message) => enough.onUnexpected(redactUnexpected(message, redact)) }
}
