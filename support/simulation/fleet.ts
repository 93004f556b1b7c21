import { activemq } from '../connectors/activemq'
import { headers } from '../connectors/stomp/frame'
import type { OpenedRequest, ServerSecurity } from '../protocol/security/security'
import { pskServer } from '../protocol/security/psk'
import type { Clock } from '../system/clock'
import { EmbeddedBroker, type Deliver } from './broker'
import type { GitTags } from './pretend_git'
import type { Repository } from './providers'
import { SimulatedHost, type HostDescription } from './simulated_host'

export interface FleetDescription {
  repository: Repository
  /** The tags that a git server has, oldest first, by repository. */
  git?: GitTags
  hosts: readonly HostDescription[]
  /** Backends of the HAProxy in front of the hosts: names of hosts, each a server. */
  backends: Readonly<Record<string, readonly string[]>>
}

export interface EmbeddedFleetOptions {
  fleet: FleetDescription
  collective: string
  secret: string
  clock: Clock
}

/** A broker on loopback and hosts behind it, all in this process. Clients reach it as they reach any other fleet. */
export class EmbeddedFleet {
  readonly broker = new EmbeddedBroker({ port: 0, heartBeat: 10_000 })
  readonly hosts: readonly SimulatedHost[]

  constructor(private readonly options: EmbeddedFleetOptions) {
    const security = readingOnce(pskServer(options.secret))
    this.hosts = options.fleet.hosts.map(
      (description) =>
        new SimulatedHost(description, {
          ...options,
          repository: options.fleet.repository,
          git: options.fleet.git,
          security,
        }),
    )
  }

  /** Starts the fleet and resolves with the broker's port. */
  async start(): Promise<number> {
    const { collective } = this.options
    for (const host of this.hosts) {
      const deliver: Deliver = ({ headers: fields, body }) => {
        const replyTo = fields['reply-to']
        if (replyTo === undefined) return
        void host.receive(body, (reply) =>
          this.broker.publish(replyTo, headers({ mc_sender: reply.sender }), reply.body),
        )
      }
      const agents = ['discovery', ...host.agents.keys()]
      for (const { destination, selector } of activemq.hostSubscriptions(
        collective,
        host.description.identity,
        agents,
      )) {
        if (destination !== undefined) this.broker.subscribe(destination, deliver, selector)
      }
    }
    return this.broker.start()
  }

  /** Tells the hosts of a wave, or all hosts, that a line begins, for which a fault may be waiting. */
  beginStep(text: string, moving?: readonly string[]): void {
    const own = moving === undefined ? undefined : new Set(moving)
    for (const host of this.hosts)
      if (own === undefined || own.has(host.description.identity)) host.beginStep(text)
  }

  stop(): Promise<void> {
    return this.broker.stop()
  }
}

/** Wraps security so that a broadcast is opened once, and not once for each host: all hosts get the very same bytes. */
function readingOnce(security: ServerSecurity): ServerSecurity {
  const read = new WeakMap<Buffer, OpenedRequest>()
  return {
    openRequest(bytes) {
      const known = read.get(bytes) ?? security.openRequest(bytes)
      read.set(bytes, known)
      return known
    },
    sealReply: (reply, callerid) => security.sealReply(reply, callerid),
  }
}
