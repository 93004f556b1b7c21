import { randomBytes } from 'node:crypto'
import type { Address, Connector, ConnectorListener, Outgoing } from '../connectors/connector'
import { NO_FILTER } from '../protocol/filter'
import { Refusal } from '../protocol/refusal'
import type { UnsignedRequest } from '../protocol/security/security'
import { broadcastIsCheaper } from '../rpc/client/routing'
import { pause, type Clock } from '../system/clock'
import { LockstepError } from '../system/errors'
import type { HomeRoads } from './home_roads'
import { PING, type MixedSecurity } from './mixed_security'
import { ofRoad, RoadLosses } from './road_losses'
import type { RoadMember } from './road_member'

export interface MixedConnectorOptions {
  members: readonly RoadMember[]
  homes: HomeRoads
  security: MixedSecurity
  clock: Clock
  /** Milliseconds for which hosts are listened for whose road is not known, before a request goes to them. */
  findWithinMs: number
  /** Returns the roads that the inventory names, by host. */
  writtenRoads: (signal: AbortSignal) => Promise<ReadonlyMap<string, string>>
}

type Message = Parameters<ConnectorListener['message']>[0]

/** A connector of several: a ping goes by all roads, and any other request to each host by its own road alone. */
export class MixedConnector implements Connector {
  /** Each request is handed over host by host: every road decides by itself whether one message to all is cheaper. */
  readonly scanCost = -Infinity
  readonly hostsMayBeAway: boolean
  private readonly listeners: ConnectorListener[] = []
  private readonly losses = new RoadLosses()
  /** The ids of the pings that are this connector's own. */
  private readonly own = new Set<string>()
  /** The times at which hosts were pinged by all roads, by the clock's `elapsed()`. */
  private readonly pingedAt = new Map<string, number>()
  private isClosing = false

  constructor(private readonly options: MixedConnectorOptions) {
    this.hostsMayBeAway = options.members.some(({ connector }) => connector.hostsMayBeAway === true)
    for (const member of options.members)
      member.connector.listen({
        message: (message) => this.receive(member, message),
        lost: (reason) => {
          this.losses.lose(member.name)
          const named = ofRoad(member.name, reason)
          for (const listener of this.listeners) listener.lost(named)
        },
        restored: () => {
          this.losses.restore(member.name)
          // As long as another road is away, the fleet is not whole.
          if (!this.losses.areAny) for (const listener of this.listeners) listener.restored()
        },
      })
  }

  async open(signal: AbortSignal): Promise<void> {
    const { homes, writtenRoads, members } = this.options
    homes.write(await writtenRoads(signal))
    const faults = await this.each(members, ({ connector }) => connector.open(signal))
    const [fault] = faults
    if (fault === undefined) return
    await this.close()
    throw fault
  }

  async broadcast({ agent }: Address, message: Outgoing, signal: AbortSignal): Promise<void> {
    // What may change a host is never sent to hosts that are not named.
    if (agent !== PING) throw new Error(`a broadcast to the agent ${agent} by several roads`)
    const request = this.options.security.requestOf(message.body)
    await this.expectSent(this.options.members, (member) => this.ping(member, request, message, signal))
  }

  async direct(
    { agent }: Address,
    hosts: readonly string[],
    message: Outgoing,
    signal: AbortSignal,
  ): Promise<void> {
    const request = this.options.security.requestOf(message.body)
    if (agent === PING) return this.pingHosts(request, hosts, message, signal)
    await this.find(hosts, message.ttl, request, signal)
    const byRoad = this.divide(hosts)
    const roads = [...byRoad.keys()]
    // A step is for all its hosts: none of them is asked while the road of another is lost.
    await this.losses.areBack(
      roads.map(({ name }) => name),
      signal,
    )
    await this.expectSent(roads, (member) =>
      this.hand(member, byRoad.get(member) ?? [], request, message, signal),
    )
  }

  listen(listener: ConnectorListener): void {
    this.listeners.push(listener)
  }

  async close(): Promise<void> {
    if (this.isClosing) return
    this.isClosing = true
    await this.each(this.options.members, ({ connector }) => connector.close())
  }

  /** Pings hosts by their own roads; one whose road is not known is pinged by all. */
  private async pingHosts(
    request: UnsignedRequest,
    hosts: readonly string[],
    message: Outgoing,
    signal: AbortSignal,
  ): Promise<void> {
    const { homes, members, clock } = this.options
    const unknown = hosts.filter((host) => homes.of(host) === undefined && !homes.isContested(host))
    const byRoad = this.divide(hosts)
    const asked = members.filter((member) => byRoad.has(member) || unknown.length > 0)
    await this.expectSent(asked, (member) =>
      this.hand(member, [...(byRoad.get(member) ?? []), ...unknown], request, message, signal),
    )
    for (const host of unknown) this.pingedAt.set(host, clock.elapsed())
  }

  /**
   * Finds the roads of hosts. Those whose road is not known are pinged by all; whichever request has done that, each host
   * has the time to show that it is on two.
   */
  private async find(
    hosts: readonly string[],
    ttl: number,
    like: UnsignedRequest,
    signal: AbortSignal,
  ): Promise<void> {
    const { homes, security, clock, findWithinMs } = this.options
    const unknown = hosts.filter((host) => homes.of(host) === undefined && !homes.isContested(host))
    if (unknown.length > 0) {
      const requestid = randomBytes(16).toString('hex')
      this.own.add(requestid)
      const filter = { ...NO_FILTER, agents: [] }
      const body = security.sealRequest({ ...like, requestid, agent: PING, filter, message: 'ping' })
      await this.pingHosts(security.requestOf(body), unknown, { body, ttl }, signal)
    }
    const since = Math.max(...hosts.map((host) => this.pingedAt.get(host) ?? -Infinity))
    const leftMs = since + findWithinMs - clock.elapsed()
    if (leftMs <= 0) return
    await pause(clock, leftMs, signal).catch((cause: unknown) => {
      const names = hosts.slice(0, MAX_NAMED).join(', ')
      throw new LockstepError('broker-lost', `by which road ${names} can be reached was not seen in time`, {
        cause,
      })
    })
  }

  /** Returns the hosts of each road. A host whose road is not known is in none. */
  private divide(hosts: readonly string[]): ReadonlyMap<RoadMember, string[]> {
    const { homes, members } = this.options
    const byRoad = new Map<RoadMember, string[]>()
    for (const host of hosts) {
      const name = homes.of(host)
      const member = members.find((each) => each.name === name)
      if (member !== undefined) byRoad.set(member, [...(byRoad.get(member) ?? []), host])
    }
    return byRoad
  }

  /** Sends a request to hosts of one road, sealed by its security: one message to all, or one to each. */
  private async hand(
    member: RoadMember,
    hosts: readonly string[],
    request: UnsignedRequest,
    { ttl, expectAllowed }: Outgoing,
    signal: AbortSignal,
  ): Promise<void> {
    const { connector, collective } = member
    const isBroadcast = broadcastIsCheaper(hosts, connector.scanCost)
    const { agent, filter } = request
    const wanted = {
      ...filter,
      agents: [...(isBroadcast ? [agent] : []), ...filter.agents],
      identities: isBroadcast ? [...hosts] : [],
    }
    const body = this.options.security.sealFor(member, { ...request, filter: wanted })
    const [to, outgoing] = [
      { collective, agent },
      { body, ttl, expectAllowed },
    ]
    if (isBroadcast) await connector.broadcast(to, outgoing, signal)
    else await connector.direct(to, hosts, outgoing, signal)
  }

  private async ping(
    member: RoadMember,
    request: UnsignedRequest,
    { ttl, expectAllowed }: Outgoing,
    signal: AbortSignal,
  ): Promise<void> {
    const body = this.options.security.sealFor(member, request)
    const to = { collective: member.collective, agent: request.agent }
    await member.connector.broadcast(to, { body, ttl, expectAllowed }, signal)
  }

  private receive(member: RoadMember, { body, sender, dropped }: Message): void {
    const { homes, security } = this.options
    security.note(body, { member, sender })
    if (this.isOwn(body)) return
    // A message that cannot be read counts for the host that its transport names, where that host is on this road.
    const home = sender === undefined ? undefined : homes.of(sender)
    const isForeign = home !== undefined && home !== member.name
    const message: Message = {
      body,
      ...(sender === undefined
        ? {}
        : { sender: isForeign ? `${sender} by the road ${member.name}` : sender }),
      ...(dropped === undefined ? {} : { dropped }),
    }
    for (const listener of this.listeners) listener.message(message)
  }

  /** Returns whether a message answers a ping of this connector, which no listener has asked for. */
  private isOwn(body: Buffer): boolean {
    if (this.own.size === 0) return false
    const { security } = this.options
    try {
      const envelope = security.peekReply(body)
      if (!this.own.has(envelope.requestid)) return false
      security.openReply(envelope)
      return true
    } catch (error) {
      // The listeners judge it: a host that answers by two roads is told of, whichever ping it answers.
      if (error instanceof Refusal) return false
      throw error
    }
  }

  private async expectSent(
    members: readonly RoadMember[],
    send: (member: RoadMember) => Promise<void>,
  ): Promise<void> {
    const [fault] = await this.each(members, send)
    if (fault !== undefined) throw fault
  }

  /** Works on all roads at once, to the end of each, and returns what has failed, by the order of the roads. */
  private async each(
    members: readonly RoadMember[],
    work: (member: RoadMember) => Promise<void>,
  ): Promise<unknown[]> {
    const ended = await Promise.allSettled(
      members.map(async (member) => {
        try {
          await work(member)
        } catch (error) {
          // What forbids a request is about no road.
          throw isOfBroker(error) ? ofRoad(member.name, error) : error
        }
      }),
    )
    return ended.flatMap((each) => (each.status === 'rejected' ? [each.reason as unknown] : []))
  }
}

const MAX_NAMED = 5

function isOfBroker(error: unknown): boolean {
  return error instanceof LockstepError && error.code.startsWith('broker-')
}
