import { join } from 'node:path'
import { moduleAgent } from '../../agents/external/module_agent'
import { parseFault } from '../../simulation/faults'
import { parseFaults, readFleetFile } from '../../simulation/fleet_file'
import { EMBEDDED_FLEET } from '../../simulation/embedded'
import { ownContractOf } from '../../rpc/contracts'
import { EmbeddedFleet, type FleetDescription } from '../../simulation/fleet'
import { SimulatedHaproxy } from '../../simulation/haproxy'
import type { HostDescription, SimulatedHost } from '../../simulation/simulated_host'
import { systemClock } from '../../system/clock'
import { pretendCommit } from '../../simulation/pretend_git'
import { callOf } from '../call'
import { quickEnvironment } from '../live_rollout'
import { readText } from './files'
import type { Manual } from './manual'

const SECRET = 'the-psk-of-the-manual'
const POOL = 'plugin.activemq.pool'

/** Starts the example's hosts behind a broker, with the faults that were given to them. */
export async function startExampleFleet(manual: Manual): Promise<void> {
  const fleet = readFleetFile(EMBEDDED_FLEET, parseFaults(manual.env['LOCKSTEP_FAULTS'] ?? ''))
  const hosts = fleet.hosts.map((host) => withCritical(host, manual.critical.get(host.identity)))
  await startFleet(manual, { ...fleet, hosts })
  manual.env['MCOLLECTIVE_CONFIG'] = join(manual.scratch.path, 'client.cfg')
}

/** Starts the example's hosts, which have an agent of a team too: that of a file. */
export async function startFleetWith(manual: Manual, file: string): Promise<void> {
  const { hosts, ...fleet } = readFleetFile(EMBEDDED_FLEET)
  const ofTeam = [moduleAgent(join(manual.scratch.path, file))]
  await startFleet(manual, { ...fleet, hosts: hosts.map((host) => ({ ...host, ofTeam })) })
}

/** The hosts that are not like each other by their names: with gaps, padding, steps and domains. */
export const IRREGULAR_HOSTS: readonly string[] = [
  ...Array.from({ length: 1_000 }, (_, n) => `node${String(n).padStart(5, '0')}.dc1.example.net`),
  ...Array.from({ length: 700 }, (_, n) => `web${n}.example.net`),
  ...Array.from({ length: 99 }, (_, n) => `db${String(n).padStart(2, '0')}-${n % 3}.eu.example.org`),
]
  .filter((_, n) => (n * 7919) % 101 < 56)
  .slice(0, 996)
  .concat(['gateway', 'mail.example.com', 'Old-Host.example.net', '10.0.0.7'])

/** Starts a fleet of irregular hosts, all of which are as web1 of the example's; as many as are said have a fault. */
export async function startIrregularFleet(
  manual: Manual,
  faulty: readonly (readonly [hosts: number, fault: string])[],
): Promise<void> {
  const faults = faulty.flatMap(([count, fault]) => Array.from({ length: count }, () => parseFault(fault)))
  // Neighbours by a step that has no divisor with the number of hosts fail in different ways.
  const faultOf = new Map(
    faults.map((fault, n) => [IRREGULAR_HOSTS[(n * 37) % IRREGULAR_HOSTS.length], fault]),
  )
  const { hosts, ...fleet } = readFleetFile(EMBEDDED_FLEET)
  const [first] = hosts
  if (first === undefined) throw new Error('the example has no host')
  const all = IRREGULAR_HOSTS.map((identity) => ({ ...first, identity, fault: faultOf.get(identity) }))
  await startFleet(manual, { ...fleet, backends: {}, hosts: all })
  manual.scratch.write('lockstep.yaml', ENVIRONMENT)
}

const ENVIRONMENT = `environments:
  production: { client_config: client.cfg, discovery_window: 10 seconds, timeouts: { default: 20 seconds } }
`

/** Starts hosts behind a broker, and writes the configuration of a client to client.cfg. */
export async function startFleet(manual: Manual, fleet: FleetDescription): Promise<void> {
  manual.elsewhere = new EmbeddedFleet({
    fleet,
    collective: 'mcollective',
    secret: SECRET,
    clock: systemClock,
  })
  writeClientConfig(manual, 'client.cfg', ['127.0.0.1'], await manual.elsewhere.start())
}

/** Writes another configuration of a client, for the same broker under other names. */
export function writeOtherClientConfig(manual: Manual, name: string, hosts: readonly string[]): void {
  const [, port] = /port = (\d+)/.exec(readText(manual, 'client.cfg')) ?? []
  writeClientConfig(manual, name, hosts, Number(port))
}

/** Starts a HAProxy whose backend www has eight hosts in service, and writes an environment that knows it. */
export async function startHaproxy(manual: Manual): Promise<void> {
  const servers = Array.from({ length: 8 }, (_, index) => `web${index + 1}.example.net`)
  manual.haproxy = new SimulatedHaproxy({ backends: { www: servers } })
  manual.scratch.write('lockstep.yaml', quickEnvironment(await manual.haproxy.start()))
}

export async function stopFleet(manual: Manual): Promise<void> {
  await manual.elsewhere?.stop()
  manual.elsewhere = undefined
}

export function mendHosts(manual: Manual): void {
  for (const host of hostsOf(manual)) host.mend()
}

export function removeHost(manual: Manual, name: string): void {
  hostOf(manual, name).vanish()
}

/** Installs a version on a host behind Lockstep's back. */
export async function installByHand(manual: Manual, name: string, version: string): Promise<void> {
  const install = hostOf(manual, name).agents.get('package')?.actions['install']
  if (install === undefined) throw new Error(`${name} has no agent that installs packages`)
  await install({ package: 'mywebapp', version }, callOf('install'))
}

export async function deployByHand(
  manual: Manual,
  name: string,
  { repository, tag }: { repository: string; tag: string },
): Promise<void> {
  const deploy = hostOf(manual, name).agents.get('git')?.actions['deploy']
  if (deploy === undefined) throw new Error(`${name} has no agent that deploys tags`)
  await deploy({ repository, tag, commit: pretendCommit(repository, tag) }, callOf('deploy'))
}

export async function letInByHand(
  manual: Manual,
  name: string,
  { site, user }: { site: string; user: string },
): Promise<void> {
  const allow = hostOf(manual, name).agents.get('access')?.actions['allow']
  if (allow === undefined) throw new Error(`${name} has no agent that lets users in`)
  await allow({ site, user, hash: `$2y$10$${'a'.repeat(53)}` }, callOf('allow'))
}

/** Returns the actions that hosts have carried out, each once, such as `package status`. */
export function actionsCarriedOut(manual: Manual): string[] {
  return [...new Set(hostsOf(manual).flatMap(({ performed }) => [...performed.keys()]))]
}

/** Says whether an action can change a host. */
export function isChange(name: string): boolean {
  const [agent = '', action = ''] = name.split(' ')
  return ownContractOf(agent)?.actions[action]?.effect !== 'readOnly'
}

function hostsOf({ elsewhere }: Manual): readonly SimulatedHost[] {
  if (elsewhere === undefined) throw new Error('there is no fleet elsewhere')
  return elsewhere.hosts
}

function hostOf(manual: Manual, name: string): SimulatedHost {
  const host = hostsOf(manual).find(({ description }) => description.identity === name)
  if (host === undefined) throw new Error(`there is no host ${name}`)
  return host
}

function withCritical(host: HostDescription, check: string | undefined): HostDescription {
  if (check === undefined) return host
  const well = host.checks[check] ?? []
  const critical = { exitcode: 2, output: 'CRITICAL - simulated', perfdata: '' }
  return { ...host, checks: { ...host.checks, [check]: [critical, ...well] } }
}

function writeClientConfig({ scratch }: Manual, name: string, hosts: readonly string[], port: number): void {
  const brokers = hosts.map(
    (host, index) => `${POOL}.${index + 1}.host = ${host}\n${POOL}.${index + 1}.port = ${port}\n`,
  )
  scratch.write(name, `plugin.psk = ${SECRET}\n${POOL}.size = ${hosts.length}\n${brokers.join('')}`)
}
