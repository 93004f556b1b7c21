import net, { type AddressInfo, type Socket } from 'node:net'

export const HAPROXY_FAULTS = ['truncated', 'hangs', 'closes', 'denied', 'deaf', 'garbage'] as const
export type HaproxyFault = (typeof HAPROXY_FAULTS)[number]

export interface SimulatedHaproxyOptions {
  /** Names of servers by backend. */
  backends: Readonly<Record<string, readonly string[]>>
}

interface Server {
  admin: 'ready' | 'drain' | 'maint'
  weight: number
}

/** The runtime socket of a simulated HAProxy, on loopback: HAProxy's questions, its answers, and faults on demand. */
export class SimulatedHaproxy {
  /** Open sessions by `backend/server`. */
  readonly sessions = new Map<string, number>()
  /** Servers, as `backend/server`, whose health check fails. */
  readonly down = new Set<string>()
  /** The messages of failing health checks, by `backend/server`. */
  readonly complaints = new Map<string, string>()
  readonly counters = new Map<string, { requests: number; failed: number }>()
  fault: HaproxyFault | undefined
  /** The first question in which the fault shows. */
  faultyFrom = 1
  private questions = 0
  private readonly servers = new Map<string, Server>()
  private readonly sockets = new Set<Socket>()
  private readonly server = net.createServer((socket) => this.serve(socket))

  constructor(private readonly options: SimulatedHaproxyOptions) {
    for (const [backend, names] of Object.entries(options.backends))
      for (const name of names) this.servers.set(`${backend}/${name}`, { admin: 'ready', weight: 1 })
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port
  }

  /** Starts the HAProxy and resolves with its port. */
  async start(): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', reject)
      this.server.listen(0, '127.0.0.1', resolve)
    })
    return this.port
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy()
    if (this.server.listening) await new Promise((resolve) => this.server.close(resolve))
  }

  /** Resets every server to its configuration, as a restart does. */
  reset(): void {
    for (const server of this.servers.values()) Object.assign(server, { admin: 'ready', weight: 1 })
    this.counters.clear()
  }

  /** Returns the servers of a backend that get no requests. */
  outOfService(backend: string): string[] {
    return [...this.servers].flatMap(([key, { admin }]) => {
      const [be, name = ''] = key.split('/')
      return be === backend && admin !== 'ready' ? [name] : []
    })
  }

  private serve(socket: Socket): void {
    this.sockets.add(socket)
    socket.on('error', () => {})
    socket.once('close', () => this.sockets.delete(socket))
    socket.once('data', (line) => {
      this.questions += 1
      const { present } = this
      if (present === 'hangs') return
      if (present === 'closes') return socket.destroy()
      const answer = this.answer(line.toString().trim())
      if (present === 'truncated') socket.end(answer.slice(0, Math.floor(answer.length * 0.6)))
      else socket.end(`${answer}\n`)
    })
  }

  private get present(): HaproxyFault | undefined {
    return this.questions >= this.faultyFrom ? this.fault : undefined
  }

  private answer(line: string): string {
    const [verb = '', noun = '', ...rest] = line.split(' ')
    if (this.present === 'garbage') return '\u0000\u0001 what\n'
    if (verb === 'show' && noun === 'servers') return this.serversState(rest[1])
    if (verb === 'show' && noun === 'stat') return this.stat()
    if (verb === 'show' && noun === 'info') return 'Name: HAProxy\nVersion: 2.6.12\nPid: 1\n'
    if (verb === 'set' && noun === 'server') return this.set(rest)
    if (verb === 'shutdown' && noun === 'sessions') return this.shutdown(rest[1] ?? '')
    return 'Unknown command, but maybe one of the following ones is a better match:\n  help\n'
  }

  private serversState(backend: string | undefined): string {
    if (backend !== undefined && !Object.hasOwn(this.options.backends, backend))
      return "Can't find backend.\n"
    const rows = [...this.servers].flatMap(([key, { admin, weight }], index) => {
      const [be = '', name = ''] = key.split('/')
      if (backend !== undefined && be !== backend) return []
      const bits = { ready: 0, drain: 8, maint: 1 }[admin]
      return [
        `3 ${be} ${index + 1} ${name} 127.0.0.1 ${admin === 'maint' || this.down.has(key) ? 0 : 2} ${bits} ${weight} 1 1 6 3 4 6 0 0 0 - 80 - 0 0 - - 0`,
      ]
    })
    return `1\n# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_iweight srv_time_since_last_change srv_check_status srv_check_result srv_check_health srv_check_state srv_agent_state bk_f_forced_id srv_f_forced_id srv_fqdn srv_port srvrecord srv_use_ssl srv_check_port srv_check_addr srv_agent_addr srv_agent_port\n${rows.join('\n')}\n`
  }

  private stat(): string {
    const rows = Object.keys(this.options.backends).flatMap((backend) => {
      const { requests, failed } = this.counters.get(backend) ?? { requests: 0, failed: 0 }
      const own = [...this.servers].filter(([key]) => key.startsWith(`${backend}/`))
      return [
        ...own.map(([key, server]) => this.statRow(key, server)),
        `${backend},BACKEND,0,${requests},UP,1,,,${failed},http,`,
      ]
    })
    return `# pxname,svname,scur,stot,status,weight,check_status,last_chk,hrsp_5xx,mode,\n${rows.join('\n')}\n`
  }

  private statRow(key: string, { admin, weight }: Server): string {
    const [backend, name] = key.split('/')
    const isDown = this.down.has(key)
    const status = admin === 'maint' ? 'MAINT' : isDown ? 'DOWN' : admin === 'drain' ? 'DRAIN' : 'UP'
    const check = isDown
      ? `L4CON,"${this.complaints.get(key) ?? 'Connection refused, says the kernel'}"`
      : 'L7OK,'
    return `${backend},${name},${this.sessions.get(key) ?? 0},0,${status},${weight},${check},0,http,`
  }

  private set([key = '', what, value = '']: readonly string[]): string {
    if (this.present === 'denied') return 'Permission denied\n'
    const server = this.servers.get(key)
    if (server === undefined) return this.nobody(key)
    if (this.present === 'deaf') return ''
    if (what === 'weight') return setWeight(server, value)
    if (value === 'ready' || value === 'drain' || value === 'maint') server.admin = value
    else return "'set server <srv> state' expects 'ready', 'drain' and 'maint'.\n"
    return ''
  }

  private shutdown(key: string): string {
    if (this.present === 'denied') return 'Permission denied\n'
    if (!this.servers.has(key)) return this.nobody(key)
    if (this.present !== 'deaf') this.sessions.delete(key)
    return ''
  }

  private nobody(key: string): string {
    return Object.hasOwn(this.options.backends, key.split('/')[0] ?? '')
      ? 'No such server.\n'
      : 'No such backend.\n'
  }
}

/** Sets a weight: absolute, or a percentage of the weight in the configuration, which is 1. */
function setWeight(server: Server, value: string): string {
  const [, digits, percent] = /^(\d+)(%?)$/.exec(value) ?? []
  if (digits === undefined) return 'Empty weight string empty or preceded by garbage'
  const weight = percent === '%' ? Math.ceil(Number(digits) / 100) : Number(digits)
  if (weight > 256) return 'Absolute weight can only be between 0 and 256 inclusive.\n'
  server.weight = weight
  return ''
}
