import type { ReplyEnvelope } from '../protocol/envelope'
import { Refusal, WrongRoad } from '../protocol/refusal'
import { withCaller } from '../protocol/rpc_body'
import type { ClientSecurity, OpenedReply, UnsignedRequest } from '../protocol/security/security'
import type { HomeRoads } from './home_roads'
import type { RoadMember } from './road_member'

/** A message of a road. `sender` is the claim of its transport. */
interface Arrival {
  member: RoadMember
  sender: string | undefined
}

/**
 * The security of several roads. A request stays unsealed until it is known by which roads it goes. A reply is peeked
 * and opened by the security of the road that it came by.
 */
export class MixedSecurity implements ClientSecurity {
  /** The requests that are not sealed yet, by the bytes that stand for them in this process. */
  private readonly unsealed = new WeakMap<Buffer, UnsignedRequest>()
  private readonly arrivals = new WeakMap<Buffer, Arrival>()
  private readonly envelopes = new WeakMap<ReplyEnvelope, Arrival>()
  /** The ids of the requests of this process, with the agent of each. */
  private readonly asked = new Map<string, string>()

  constructor(
    readonly callerid: string,
    private readonly homes: HomeRoads,
  ) {}

  sealRequest(request: UnsignedRequest): Buffer {
    const token = Buffer.from(request.requestid)
    this.unsealed.set(token, request)
    this.asked.set(request.requestid, request.agent)
    return token
  }

  /** Returns the request that {@link sealRequest} was given. */
  requestOf(token: Buffer): UnsignedRequest {
    const request = this.unsealed.get(token)
    if (request === undefined) throw new Error('a request that was not sealed by this mixed road')
    return request
  }

  /** Seals a request as the hosts of one road expect it: with the caller, the collective and the sender of that road. */
  sealFor({ security, collective, identity }: RoadMember, request: UnsignedRequest): Buffer {
    const message = withCaller(request.message, security.callerid)
    return security.sealRequest({ ...request, senderid: identity, collective, message })
  }

  /** Notes by which road a message came, before it is peeked. */
  note(body: Buffer, arrival: Arrival): void {
    this.arrivals.set(body, arrival)
  }

  peekReply(bytes: Buffer): ReplyEnvelope {
    const arrival = this.arrivals.get(bytes)
    if (arrival === undefined) throw new Error('a reply that came by no road')
    const { member, sender } = arrival
    const envelope = member.security.peekReply(bytes)
    if (this.homes.faultOf(envelope.senderid, member.name) !== undefined) this.refuse(envelope, arrival)
    this.envelopes.set(envelope, { member, sender })
    return envelope
  }

  openReply(envelope: ReplyEnvelope): OpenedReply {
    const arrival = this.envelopes.get(envelope)
    if (arrival === undefined) throw new Error('a reply that was not peeked')
    const opened = arrival.member.security.openReply(envelope)
    if (this.isPong(envelope, arrival)) this.homes.hear(envelope.senderid, arrival.member.name)
    return opened
  }

  /** @throws WrongRoad for an answer by another road than that of its host */
  private refuse(envelope: ReplyEnvelope, arrival: Arrival): never {
    const { senderid: host, requestid } = envelope
    const { name } = arrival.member
    // Only a good signature says that there is a daemon on this road, too.
    const isThere = this.isPong(envelope, arrival) && this.isGood(envelope, arrival.member)
    if (isThere && this.homes.isWritten(host)) {
      const own = this.homes.of(host) ?? ''
      const detail = `is on the road ${own} by the inventory, and answers by the road ${name} too; it is asked by ${own} alone`
      throw new WrongRoad(host, requestid, false, detail)
    }
    if (isThere) this.homes.hear(host, name)
    const fault = this.homes.faultOf(host, name) ?? ''
    throw new WrongRoad(host, requestid, this.asked.has(requestid), fault)
  }

  /** Returns whether a message answers a ping of this process: a host says by it where it is. */
  private isPong({ senderid, requestid, senderagent }: ReplyEnvelope, { sender }: Arrival): boolean {
    const isOwn = this.asked.get(requestid) === PING && senderagent === PING
    return isOwn && (sender === undefined || sender === senderid)
  }

  private isGood(envelope: ReplyEnvelope, { security }: RoadMember): boolean {
    try {
      security.openReply(envelope)
      return true
    } catch (error) {
      if (error instanceof Refusal) return false
      throw error
    }
  }
}

/** The agent that answers pings. */
export const PING = 'discovery'
