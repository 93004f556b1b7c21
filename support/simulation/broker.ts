import net, { type AddressInfo, type Socket } from 'node:net'
import {
  encodeFrame,
  FrameParser,
  headers,
  type Frame,
  type Headers,
  type StompVersion,
} from '../connectors/stomp/frame'

export interface BrokerOptions {
  /** The port to listen on; 0 for any free one. */
  port: number
  /** Users and their passwords; without any, every client may connect. */
  users?: Readonly<Record<string, string>>
  /** Milliseconds of the heart beat, offered in both directions; 0 for none. */
  heartBeat: number
}

/** Delivers to a subscriber inside this process the headers and bytes that a subscriber at the end of a socket gets. */
export type Deliver = (message: { headers: Headers; body: Buffer }) => void

interface Subscriber {
  deliver: Deliver
  /** The host that the subscription's selector asks for. */
  identity: string | undefined
}

/**
 * A small STOMP 1.0–1.2 broker on loopback, with ActiveMQ's names. A `/topic/` copies to all subscribers, a `/queue/`
 * gives to one whose selector fits. It understands only selectors of the form `mc_identity = 'host'`, and stores
 * nothing.
 */
export class EmbeddedBroker {
  private readonly topics = new Map<string, Set<Subscriber>>()
  private readonly queues = new Map<string, Queue>()
  private readonly peers = new Set<Peer>()
  private readonly server = net.createServer((socket) => this.accept(socket))

  constructor(private readonly options: BrokerOptions) {}

  /** Starts the broker and resolves with the port that it listens on. */
  start(): Promise<number> {
    return new Promise((resolve, reject) => {
      this.server.once('error', reject)
      this.server.listen({ host: '127.0.0.1', port: this.options.port }, () =>
        resolve((this.server.address() as AddressInfo).port),
      )
    })
  }

  async stop(): Promise<void> {
    for (const peer of this.peers) peer.drop()
    await new Promise<void>((resolve) => this.server.close(() => resolve()))
  }

  /** Cuts every connection, like a broker that is killed; it goes on listening. */
  dropConnections(): void {
    for (const peer of this.peers) peer.drop()
  }

  /**
   * Subscribes, and returns a function that ends the subscription.
   * @throws Error for a selector that is not understood
   */
  subscribe(destination: string, deliver: Deliver, selector?: string): () => void {
    const subscriber: Subscriber = {
      deliver,
      identity: selector === undefined ? undefined : identityOf(selector),
    }
    if (destination.startsWith('/topic/')) {
      const topic = this.topics.get(destination) ?? new Set()
      this.topics.set(destination, topic.add(subscriber))
      return () => void topic.delete(subscriber)
    }
    const queue = this.queues.get(destination) ?? new Queue()
    this.queues.set(destination, queue)
    queue.add(subscriber)
    return () => queue.delete(subscriber)
  }

  publish(destination: string, fields: Headers, body: Buffer): void {
    const message = { headers: headers({ ...fields, destination }), body }
    if (destination.startsWith('/topic/')) {
      for (const { deliver } of this.topics.get(destination) ?? []) deliver(message)
      return
    }
    this.queues.get(destination)?.next(fields['mc_identity'])?.deliver(message)
  }

  private accept(socket: Socket): void {
    const peer = new Peer(socket, this, this.options)
    this.peers.add(peer)
    socket.on('close', () => {
      this.peers.delete(peer)
      peer.forget()
    })
  }
}

/** The subscribers of a queue: by the host that their selector names, and those that take anything, in turns. */
class Queue {
  private readonly byIdentity = new Map<string, Subscriber[]>()
  private readonly anyone: Subscriber[] = []

  add(subscriber: Subscriber): void {
    this.listFor(subscriber).push(subscriber)
  }

  delete(subscriber: Subscriber): void {
    const list = this.listFor(subscriber)
    const at = list.indexOf(subscriber)
    if (at !== -1) list.splice(at, 1)
  }

  next(identity: string | undefined): Subscriber | undefined {
    const meant = identity === undefined ? undefined : this.byIdentity.get(identity)
    const list = meant !== undefined && meant.length > 0 ? meant : this.anyone
    const chosen = list.shift()
    if (chosen !== undefined) list.push(chosen)
    return chosen
  }

  private listFor({ identity }: Subscriber): Subscriber[] {
    if (identity === undefined) return this.anyone
    const list = this.byIdentity.get(identity) ?? []
    this.byIdentity.set(identity, list)
    return list
  }
}

function identityOf(selector: string): string {
  const identity = /^mc_identity = '([^']*)'$/.exec(selector)?.[1]
  if (identity === undefined)
    throw new Error(`the embedded broker does not understand the selector ${selector}`)
  return identity
}

/** One connection, from its CONNECT frame on. */
class Peer {
  private version: StompVersion = '1.0'
  private connected = false
  private nextMessage = 1
  private outgoing: Buffer[] = []
  private readonly subscriptions = new Map<string, () => void>()
  private heartBeat: NodeJS.Timeout | undefined
  private readonly parser = new FrameParser((frame) => this.receive(frame))

  constructor(
    private readonly socket: Socket,
    private readonly broker: EmbeddedBroker,
    private readonly options: BrokerOptions,
  ) {
    socket.setNoDelay(true)
    socket.on('error', () => this.drop())
    socket.on('data', (chunk: Buffer) => {
      try {
        this.parser.push(chunk)
      } catch (error) {
        this.refuse(error instanceof Error ? error.message : String(error))
      }
    })
  }

  drop(): void {
    this.socket.destroy()
  }

  forget(): void {
    clearInterval(this.heartBeat)
    for (const end of this.subscriptions.values()) end()
    this.subscriptions.clear()
  }

  private receive(frame: Frame): void {
    if (!this.connected) {
      if (frame.command === 'CONNECT' || frame.command === 'STOMP') return this.connect(frame)
      return this.refuse('the first frame has to be CONNECT')
    }
    switch (frame.command) {
      case 'SEND':
        this.broker.publish(frame.headers['destination'] ?? '', frame.headers, frame.body)
        break
      case 'SUBSCRIBE':
        this.subscribe(frame)
        break
      case 'UNSUBSCRIBE':
        this.unsubscribe(frame.headers['id'] ?? '')
        break
      case 'DISCONNECT':
        break
      default:
        return this.refuse(`${frame.command} is not supported`)
    }
    const receipt = frame.headers['receipt']
    if (receipt !== undefined) this.write('RECEIPT', headers({ 'receipt-id': receipt }))
    if (frame.command === 'DISCONNECT') this.flushAndEnd()
  }

  private connect(frame: Frame): void {
    const { users, heartBeat } = this.options
    const login = frame.headers['login'] ?? ''
    if (users !== undefined && (!Object.hasOwn(users, login) || users[login] !== frame.headers['passcode'])) {
      return this.refuse(`User name [${login}] or password is invalid.`)
    }
    const offered = (frame.headers['accept-version'] ?? '1.0').split(',').map((version) => version.trim())
    const version = (['1.2', '1.1', '1.0'] as const).find((known) => offered.includes(known))
    if (version === undefined) return this.refuse(`Supported protocol versions are 1.0, 1.1, 1.2`)
    this.connected = true
    this.version = version
    this.parser.version = version
    this.write(
      'CONNECTED',
      headers({ version, 'heart-beat': `${heartBeat},${heartBeat}`, server: 'lockstep-embedded' }),
    )
    const wanted = Number((frame.headers['heart-beat'] ?? '0,0').split(',')[1] ?? 0)
    if (heartBeat > 0 && wanted > 0) {
      this.heartBeat = setInterval(() => this.socket.write('\n'), Math.max(heartBeat, wanted))
      this.heartBeat.unref()
    }
  }

  private subscribe(frame: Frame): void {
    const { id = '', destination = '', selector } = frame.headers
    const deliver: Deliver = (message) => {
      const fields = { ...message.headers, subscription: id, 'message-id': String(this.nextMessage++) }
      delete (fields as Headers)['content-length']
      this.queueFrame(encodeFrame('MESSAGE', fields, message.body, this.version))
    }
    this.unsubscribe(id)
    try {
      this.subscriptions.set(id, this.broker.subscribe(destination, deliver, selector))
    } catch (error) {
      this.refuse(error instanceof Error ? error.message : String(error))
    }
  }

  private unsubscribe(id: string): void {
    this.subscriptions.get(id)?.()
    this.subscriptions.delete(id)
  }

  private write(command: string, fields: Headers, body?: Buffer): void {
    this.queueFrame(encodeFrame(command, fields, body, this.version))
  }

  /**
   * Queues a frame. Frames of one turn of the event loop leave together: ten thousand replies are not ten thousand
   * system calls.
   */
  private queueFrame(frame: Buffer): void {
    if (this.outgoing.length === 0) setImmediate(() => this.flush())
    this.outgoing.push(frame)
  }

  private flush(): void {
    if (this.outgoing.length > 0 && !this.socket.destroyed) this.socket.write(Buffer.concat(this.outgoing))
    this.outgoing = []
  }

  private refuse(reason: string): void {
    this.write('ERROR', headers({ message: reason, 'content-type': 'text/plain' }), Buffer.from(reason))
    this.flushAndEnd()
  }

  private flushAndEnd(): void {
    this.flush()
    this.socket.end()
  }
}
