import type { Address, Connector, ConnectorListener, Outgoing } from '../connectors/connector'
import type { RoadMember } from '../mixed/road_member'
import { symbolHash, type RubyValue } from '../protocol/marshal/values'
import { pskClient, pskServer } from '../protocol/security/psk'
import type { OpenedRequest, ServerSecurity } from '../protocol/security/security'

/** A request as the hosts of a fake road have got it. */
export interface SentRequest extends OpenedRequest {
  /** The hosts that it was sent to alone; undefined where it was sent to all. */
  hosts: readonly string[] | undefined
}

/** A road without a wire, with a secret of its own. Its hosts answer at once, or when a test says so. */
export class FakeRoad {
  readonly sent: SentRequest[] = []
  /** The hosts that answer at once. */
  readonly answering = new Set<string>()
  isOpen = false
  fault: Error | undefined
  private readonly listeners: ConnectorListener[] = []
  private readonly security: ServerSecurity

  constructor(
    readonly name: string,
    answering: readonly string[] = [],
    private readonly scanCost = 0,
  ) {
    this.security = pskServer(name)
    for (const host of answering) this.answering.add(host)
  }

  get member(): RoadMember {
    return {
      name: this.name,
      collective: `of_${this.name}`,
      identity: `control.${this.name}`,
      security: pskClient(this.name, `uid=${this.name}`),
      connector: this.connector,
    }
  }

  /** The requests that were not pings, as `host action`. */
  get asked(): string[] {
    return this.sent.filter(({ agent }) => agent !== 'discovery').flatMap((request) => this.meant(request))
  }

  /** Sends an answer of a host to the newest request, or to the one given. */
  answer(
    host: string,
    {
      to = this.sent.at(-1),
      signedBy = this.name,
      sender = host,
      name = 'mywebapp',
    }: {
      to?: Pick<OpenedRequest, 'requestid' | 'agent' | 'callerid' | 'msgtime'> | undefined
      signedBy?: string
      sender?: string
      name?: string
    } = {},
  ): void {
    if (to === undefined) throw new Error('nothing was asked')
    const { requestid, agent: senderagent, msgtime, callerid } = to
    const message: RubyValue = senderagent === 'discovery' ? 'pong' : replyOf(name)
    const reply = { senderid: host, requestid, senderagent, msgtime, message }
    const body = pskServer(signedBy).sealReply(reply, callerid)
    for (const listener of this.listeners) listener.message({ body, sender })
  }

  /** Hands over a message as it came off the wire. */
  deliver(message: Parameters<ConnectorListener['message']>[0]): void {
    for (const listener of this.listeners) listener.message(message)
  }

  lose(): void {
    for (const listener of this.listeners) listener.lost(new Error('the connection was lost'))
  }

  restore(): void {
    for (const listener of this.listeners) listener.restored()
  }

  private get connector(): Connector {
    return {
      scanCost: this.scanCost,
      open: async () => {
        if (this.fault !== undefined) throw this.fault
        this.isOpen = true
      },
      broadcast: async (to, message) => this.take(to, undefined, message),
      direct: async (to, hosts, message) => this.take(to, hosts, message),
      listen: (listener) => void this.listeners.push(listener),
      close: async () => void (this.isOpen = false),
    }
  }

  private take(to: Address, hosts: readonly string[] | undefined, { body, expectAllowed }: Outgoing): void {
    expectAllowed?.()
    const request = this.security.openRequest(body)
    if (to.collective !== request.collective || to.agent !== request.agent)
      throw new Error(
        `an envelope for ${request.collective} ${request.agent} at ${to.collective} ${to.agent}`,
      )
    const sent = { ...request, hosts }
    this.sent.push(sent)
    for (const host of this.meant(sent))
      if (this.answering.has(host)) setImmediate(() => this.answer(host, { to: sent }))
  }

  private meant({ hosts, filter }: SentRequest): readonly string[] {
    if (hosts !== undefined) return hosts
    return filter.identities.length > 0 ? filter.identities : [...this.answering]
  }
}

function replyOf(name: string): RubyValue {
  return symbolHash({ statuscode: 0, statusmsg: 'OK', data: symbolHash({ ensure: '1.0', name }) })
}
