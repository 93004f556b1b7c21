import { clean } from '../../rollout/model/verdict'
import { LockstepError } from '../../system/errors'
import { redactNothing, type Redact } from '../../system/redaction'
import { readCsv } from './csv'

/** One server of a backend, as one HAProxy reports it. */
export interface ServerState {
  server: string
  /**
   * The status in HAProxy's words: `UP`, `UP 1/2`, `DOWN`, `MAINT`, `MAINT (via be/x)`, `DRAIN`, `NOLB`, `no check`.
   */
  status: string
  /** The ordered state. Anything but `ready` may also come from the configuration. */
  admin: 'ready' | 'drain' | 'maint'
  /** True when the server gets new requests. */
  inService: boolean
  sessions: number
  weight: number
  /** The result of the last health check; empty without one. */
  lastCheck: string
}

export interface BackendState {
  servers: ReadonlyMap<string, ServerState>
  /** The number of requests since HAProxy was started. */
  requests: number
  /** The number of those requests that were answered with 5xx. Without HTTP, connections and responses that failed. */
  failed: number
}

// Bits of srv_admin_state. Source: HAProxy's management guide. 0x04 is not among them: the configuration has the server
// disabled, and the bit stays while the server is ready and gets requests. Nor is 0x40, a name that was changed.
const MAINT = 0x01 | 0x02 | 0x20
const DRAIN = 0x08 | 0x10
const SERVES = /^(?:UP(?: \d+\/\d+)?|UP \(agent\)|no check)$/

/**
 * Reads the answers to `show servers state <backend>` and `show stat`. Both have to tell of the same servers.
 * @throws LockstepError `balancer-failed`: what was expected and not found
 */
export function readBackend(
  backend: string,
  serversState: string,
  stat: string,
  redact: Redact = redactNothing,
): BackendState {
  const admin = readAdminStates(backend, serversState)
  const rows = readCsv(stat, '# pxname').filter((row) => row['pxname'] === backend)
  const servers = new Map<string, ServerState>()
  for (const row of rows) {
    const server = row['svname'] ?? ''
    if (server === 'BACKEND' || server === 'FRONTEND') continue
    const bits = admin.get(server)
    if (bits === undefined)
      throw unreadable(`"show stat" has a server ${clean(server)} that "show servers state" has not`)
    if (servers.has(server)) throw unreadable(`"show stat" has the server ${clean(server)} twice`)
    servers.set(server, serverState(server, bits, row, redact))
  }
  const missing = [...admin.keys()].find((server) => !servers.has(server))
  if (missing !== undefined)
    throw unreadable(`"show stat" does not have the server ${clean(missing)} of ${backend}`)
  const whole = rows.find((row) => row['svname'] === 'BACKEND')
  if (whole === undefined) throw unreadable(`"show stat" has no line for the backend ${backend}`)
  return { servers, ...countersOf(whole) }
}

function serverState(server: string, bits: number, row: Row, redact: Redact): ServerState {
  const status = field(row, 'status', server)
  const weight = number(row, 'weight', server)
  // The list with the status is the later one: a server that serves in it is no longer in maintenance.
  const maint = (bits & MAINT) !== 0 && !SERVES.test(status)
  const admin = maint ? 'maint' : (bits & DRAIN) !== 0 ? 'drain' : 'ready'
  return {
    server,
    status: clean(redact(status)),
    admin,
    inService: admin === 'ready' && weight > 0 && SERVES.test(status),
    sessions: number(row, 'scur', server),
    weight,
    lastCheck: clean([row['check_status'], redact(row['last_chk'] ?? '')].filter(Boolean).join(' ')),
  }
}

function countersOf(row: Row): { requests: number; failed: number } {
  const count = (name: string) =>
    row[name] === undefined || row[name] === '' ? 0 : number(row, name, 'BACKEND')
  return row['mode'] === 'tcp'
    ? { requests: number(row, 'stot', 'BACKEND'), failed: count('econ') + count('eresp') }
    : { requests: number(row, 'stot', 'BACKEND'), failed: number(row, 'hrsp_5xx', 'BACKEND') }
}

/** Reads the admin bits by server. */
function readAdminStates(backend: string, text: string): Map<string, number> {
  if (text.startsWith("Can't find backend")) throw unreadable(`it has no backend ${backend}`)
  const [version, header = '', ...rows] = text.split('\n')
  if (version !== '1' || !header.startsWith('# '))
    throw unreadable(
      `it answers "show servers state" with ${quote(text)}, and version 1 of that list was expected`,
    )
  const names = header.slice(2).split(' ')
  const states = new Map<string, number>()
  for (const line of rows.filter((row) => row !== '')) {
    const values = line.split(' ')
    const of = (name: string) => values[names.indexOf(name)]
    const [server, bits] = [of('srv_name'), of('srv_admin_state')]
    if (of('be_name') !== backend || server === undefined || bits === undefined || !/^\d{1,4}$/.test(bits))
      throw unreadable(`a line of its "show servers state" cannot be read: ${quote(line)}`)
    if (values.length < names.indexOf('srv_admin_state') + 1 || values.length < names.length - 1)
      throw unreadable(`a line of its "show servers state" is cut short: ${quote(line)}`)
    if (states.has(server)) throw unreadable(`it has the server ${clean(server)} twice`)
    states.set(server, Number(bits))
  }
  if (states.size === 0) throw unreadable(`its backend ${backend} has no servers`)
  return states
}

type Row = Readonly<Record<string, string>>

function field(row: Row, name: string, server: string): string {
  const value = row[name]
  if (value === undefined || value === '')
    throw unreadable(`"show stat" does not say the ${name} of ${clean(server)}`)
  return value
}

function number(row: Row, name: string, server: string): number {
  const value = field(row, name, server)
  if (!/^\d{1,15}$/.test(value))
    throw unreadable(
      `"show stat" has ${quote(value)} for the ${name} of ${clean(server)}, where a number was expected`,
    )
  return Number(value)
}

function quote(text: string): string {
  return JSON.stringify(clean(text, 60))
}

/** Returns an error without the HAProxy's name, which the caller knows and adds. */
function unreadable(what: string): LockstepError {
  return new LockstepError('balancer-failed', what)
}
