import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync } from 'node:fs'
import https from 'node:https'
import { join } from 'node:path'
import type { Scratch } from '../scratch'
import { freePort, start, untilReady } from './processes'

export interface RealIcinga {
  url: string
  /** The file of the authority that has signed its certificate. */
  ca: string
  user: string
  /** The user that may do no more than begin and end downtimes, with the same password. */
  downtimeUser: string
  password: string
  /** Asks its API, and resolves with the status and the objects that it answers with. */
  ask(method: string, path: string, body?: object): Promise<{ status: number; results: IcingaObject[] }>
  /** Resolves with the names of all hosts and services that it has. */
  shows(): Promise<string[]>
  kill(): Promise<void>
  restart(): Promise<void>
  stop(): Promise<void>
}

interface IcingaObject {
  name: string
  attrs: Record<string, unknown>
}

const USER = 'lockstep'
const DOWNTIME_USER = 'lockstep-downtimes'
const PASSWORD = 'a-password-of-icinga'

/** Starts Debian's Icinga 2 with its API on a port of loopback, with an authority of its own, below the scratch folder. */
export async function startIcinga(scratch: Scratch): Promise<RealIcinga> {
  const at = (name: string) => join(scratch.path, 'icinga', name)
  for (const folder of ['lib/certs', 'log', 'cache', 'run', 'spool', 'conf'])
    mkdirSync(at(folder), { recursive: true })
  const port = await freePort()
  const places = { Data: 'lib', Log: 'log', Cache: 'cache', InitRun: 'run', Spool: 'spool', Config: 'conf' }
  const defines = Object.entries(places).flatMap(([name, folder]) => ['--define', `${name}Dir=${at(folder)}`])
  const env = { ICINGA2_USER: 'root', ICINGA2_GROUP: 'root' }
  const icinga = (...args: string[]) =>
    execFileSync('icinga2', [...args, ...defines], { env: { ...process.env, ...env }, stdio: 'pipe' })
  const own = (end: string) => at(`lib/certs/localhost.${end}`)
  icinga('pki', 'new-ca')
  icinga('pki', 'new-cert', '--cn', 'localhost', '--key', own('key'), '--csr', own('csr'))
  icinga('pki', 'sign-csr', '--csr', own('csr'), '--cert', own('crt'))
  const ca = scratch.write('icinga/lib/certs/ca.crt', readFileSync(at('lib/ca/ca.crt')))
  const config = scratch.write(
    'icinga/conf/icinga2.conf',
    `const NodeName = "localhost"
const ZoneName = NodeName
const PluginDir = "/usr/lib/nagios/plugins"
const ManubulonPluginDir = PluginDir
const PluginContribDir = PluginDir
object Endpoint NodeName { }
object Zone ZoneName { endpoints = [ NodeName ] }
include <itl>
include <plugins>
object ApiListener "api" {
  bind_host = "127.0.0.1"
  bind_port = ${port}
}
object CheckerComponent "checker" { }
object ApiUser "${USER}" {
  password = "${PASSWORD}"
  permissions = [ "objects/query/*", "objects/create/*", "objects/modify/*", "objects/delete/*", "status/query",
    "actions/schedule-downtime", "actions/remove-downtime", "actions/reschedule-check",
    "actions/process-check-result" ]
}
// The permissions that the documentation names for downtimes, and no other.
object ApiUser "${DOWNTIME_USER}" {
  password = "${PASSWORD}"
  permissions = [ "status/query", "objects/query/Host", "objects/query/Service", "objects/query/Downtime",
    "actions/schedule-downtime", "actions/remove-downtime", "actions/reschedule-check" ]
}
template Host "lockstep-host" {
  check_command = "dummy"
}
template Service "lockstep-service" {
  check_interval = 1h
}
object Host "other.example.net" {
  import "lockstep-host"
  address = "192.0.2.1"
}
`,
  )
  const launch = () => start('icinga2', ['daemon', '-c', config, ...defines], at('icinga.out'), env)
  const ask: RealIcinga['ask'] = (method, path, body) =>
    new Promise((resolve, reject) => {
      const options = {
        method,
        ca: readFileSync(ca),
        auth: `${USER}:${PASSWORD}`,
        headers: { accept: 'application/json' },
        agent: false,
      } as const
      const request = https.request(`https://localhost:${port}/v1/${path}`, options, (response) => {
        let text = ''
        response.on('data', (chunk: Buffer) => (text += chunk.toString('utf8')))
        response.on('end', () => {
          const { results = [] } = JSON.parse(text) as { results?: IcingaObject[] }
          resolve({ status: response.statusCode ?? 0, results })
        })
      })
      request.on('error', reject)
      request.end(body === undefined ? '' : JSON.stringify(body))
    })
  let running = launch()
  const ready = () =>
    untilReady(
      'icinga2',
      running,
      async () =>
        ask('GET', 'objects/hosts').then(
          ({ status }) => status === 200,
          () => false,
        ),
      120_000,
    )
  await ready()
  return {
    url: `https://localhost:${port}`,
    ca,
    user: USER,
    downtimeUser: DOWNTIME_USER,
    password: PASSWORD,
    ask,
    async shows() {
      const all = [await ask('GET', 'objects/hosts'), await ask('GET', 'objects/services')]
      return all.flatMap(({ results }) => results.map(({ name }) => name)).sort()
    },
    kill: () => running.stop('SIGKILL'),
    async restart() {
      running = launch()
      await ready()
    },
    stop: () => running.stop(),
  }
}
