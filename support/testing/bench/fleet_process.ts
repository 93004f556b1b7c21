import { activemq } from '../../connectors/activemq'
import { StompConnection, type OutgoingMessage } from '../../connectors/stomp/connection'
import { pskServer } from '../../protocol/security/psk'
import type { OpenedRequest, ServerSecurity } from '../../protocol/security/security'
import { parseFault } from '../../simulation/faults'
import { SimulatedHost } from '../../simulation/simulated_host'
import { systemClock } from '../../system/clock'
import { PASSWORD, PSK, USER } from '../real/settings'

/** The hosts that get a request before the first of them have sent their answers. */
const AT_ONCE = 500

/**
 * Runs many simulated hosts behind one connection to a real broker, in a process of their own: `port hosts [fault
 * [megabytes]]`. Agents and bytes are those of the embedded fleet; the version of a package `large` has so many
 * megabytes. Prints one line when it listens.
 */
async function main(port: number, n: number, fault: string, megabytes: number): Promise<void> {
  const large = megabytes === 0 ? {} : { large: 'x'.repeat(megabytes * 1024 * 1024) }
  const security = pskServer(PSK)
  const read = new WeakMap<Buffer, OpenedOnce>()
  const openOnce = (bytes: Buffer): OpenedOnce => {
    const known = read.get(bytes) ?? openForAll(security, bytes)
    read.set(bytes, known)
    return known
  }
  const once = {
    openRequest: (bytes: Buffer) => openOnce(bytes).request,
    sealReply: security.sealReply,
  }
  const hosts = new Map(
    Array.from({ length: n }, (_, index) => {
      const identity = `web${index + 1}.example.net`
      const host = new SimulatedHost(
        {
          identity,
          classes: ['roles::dev_server'],
          facts: { country: 'de' },
          packages: { mywebapp: '4.2.6-2.el5', ...large },
          services: {},
          checks: {},
          without: [],
          fault: index === 1 ? parseFault(fault) : undefined,
        },
        {
          repository: { mywebapp: ['4.2.6-2.el5', '4.2.6-3.el5'] },
          collective: 'mcollective',
          security: once,
          clock: systemClock,
        },
      )
      return [identity, host] as const
    }),
  )
  const agents = ['discovery', 'rpcutil', 'package', 'iptables']
  const outgoing: OutgoingMessage[] = []
  const forever = new AbortController().signal
  const flush = () => void connection.send(outgoing.splice(0), forever)
  const connection = new StompConnection({
    brokers: [{ host: '127.0.0.1', port, user: USER, password: PASSWORD }],
    virtualHost: 'mcollective',
    connectWithin: 10_000,
    heartBeat: 0,
    subscriptions: () => [
      ...agents.map((agent) => ({ destination: activemq.broadcast({ collective: 'mcollective', agent }) })),
      { destination: '/queue/mcollective.nodes' },
    ],
    clock: systemClock,
    random: Math.random,
    onMessage({ headers, body }) {
      const { 'reply-to': destination = '', mc_identity: directed } = headers
      // All hosts share one copy, like a broadcast in a fleet of this process: its bytes are read once.
      const bytes = Buffer.from(body)
      const meant = directed === undefined ? (openOnce(bytes).named ?? hosts.keys()) : [directed]
      void inTurns([...meant], (identity) => {
        void hosts.get(identity)?.receive(bytes, (reply) => {
          if (outgoing.length === 0) setImmediate(flush)
          outgoing.push({ headers: { destination, mc_sender: reply.sender }, body: reply.body })
        })
      })
    },
    onLost: () => process.exit(1),
    onRestored: () => {},
  })
  await connection.open(forever)
  process.stdout.write('listening\n')
}

/** Hands a request to some hosts at a time, since the first answers of a real fleet do not wait for its last host. */
async function inTurns(identities: readonly string[], tell: (identity: string) => void): Promise<void> {
  for (let at = 0; at < identities.length; at += AT_ONCE) {
    identities.slice(at, at + AT_ONCE).forEach(tell)
    await new Promise(setImmediate)
  }
}

/** A request that all hosts share, without the names of its filter, and those names, if it has any. */
interface OpenedOnce {
  request: OpenedRequest
  named: readonly string[] | undefined
}

/**
 * Opens a request once for all hosts. The names of its filter are looked up here: as each of 50,000 hosts on a machine
 * of its own reads 50,000 names, this process would read them 50,000 times.
 */
function openForAll(security: ServerSecurity, bytes: Buffer): OpenedOnce {
  const request = security.openRequest(bytes)
  const { identities } = request.filter
  if (identities.length === 0) return { request, named: undefined }
  return { request: { ...request, filter: { ...request.filter, identities: [] } }, named: identities }
}

void main(
  Number(process.argv[2]),
  Number(process.argv[3]),
  process.argv[4] ?? '',
  Number(process.argv[5] ?? 0),
)
