import { join } from 'node:path'
import { agentsOf } from '../agents/external/folder'
import { accessAgent } from '../agents/access'
import { gitAgent } from '../agents/git'
import { iptablesAgent, type Firewall } from '../agents/iptables'
import { lockAgent } from '../agents/lock'
import { tellingResources, type HostResources } from '../agents/managed_resources'
import { nrpeAgent } from '../agents/nrpe'
import { packageAgent, type PackageLists, type PackageManager } from '../agents/package'
import { hostSites } from '../agents/providers/access/sites'
import { iptablesFirewall } from '../agents/providers/firewall_iptables'
import { nftablesFirewall } from '../agents/providers/firewall_nftables'
import { hostRepositories } from '../agents/providers/git/repositories'
import type { HostSteps } from '../agents/providers/host_steps'
import { leaseFile } from '../agents/providers/lease_file'
import { nrpeCommands } from '../agents/providers/nrpe_commands'
import { aptPackages } from '../agents/providers/packages_apt'
import { rpmPackages } from '../agents/providers/packages_rpm'
import { puppetCatalog } from '../agents/providers/puppet_catalog'
import { applyProgram } from '../agents/providers/puppet_code/apply_program'
import { codeElsewhere } from '../agents/providers/puppet_code/code_elsewhere'
import { laterManaged, managedByCode } from '../agents/providers/puppet_code/own_catalogs'
import { puppetProgram } from '../agents/providers/puppet_program'
import { puppetserverProgram, type OpenServer } from '../agents/providers/puppetserver_program'
import { resourceLooks, systemdLook, sysvLook } from '../agents/providers/resource_looks'
import { systemdServices } from '../agents/providers/services_systemd'
import { sysvServices } from '../agents/providers/services_sysv'
import { puppetAgent } from '../agents/puppet'
import { puppetserverAgent } from '../agents/puppetserver'
import { serviceAgent, type ServiceManager } from '../agents/service'
import type { ServerEnvironment } from '../config/server_cfg'
import type { Agent, Call } from '../rpc/server/agent'
import type { Clock } from '../system/clock'
import type { CommandRunner } from '../system/command'
import type { HostFiles } from '../system/host_files'
import type { HostSelf } from '../system/host_self'

/** A host, this one or another: its programs, its files, and what it says of itself. */
export interface HostParts extends HostSelf {
  environment: ServerEnvironment
  clock: Clock
  /** Runs programs of the host. */
  run: CommandRunner
  files: HostFiles
  /** The steps on its files of which no part may stand alone. */
  steps: HostSteps
  /** Resolves when no program that an earlier daemon started is under way any more; rejects when the call's time is over. */
  untilFree?: (call: Call) => Promise<void>
  /** Opens the way to the host's own puppetserver; without it, the host has no puppetserver agent. */
  openServer?: OpenServer
  onTrouble: (what: string) => void
}

/** A host whose answers are there. */
interface AskedHost extends Omit<HostParts, keyof HostSelf> {
  found: (program: string) => string | undefined
  isSystemd: boolean
  uid: number
}

const PROGRAMS = ['apt-get', 'dpkg-query', 'dnf', 'yum', 'service', 'iptables', 'nft', 'puppetserver']

/** Returns the names of the programs by which a host's agents are chosen. */
export function programsAskedFor({ agents }: Pick<ServerEnvironment, 'agents'>): string[] {
  return [...PROGRAMS, agents.puppet.program]
}

/**
 * Returns the agents that this host can have, by the programs installed on it, and those of its folder of agents. It
 * leaves out those that the configuration switches off. Of two with one name, the folder's counts.
 */
export async function hostAgents(host: HostParts): Promise<Agent[]> {
  const parts = await ask(host)
  const { environment, clock, run, untilFree, onTrouble } = parts
  const { isActive, folder } = environment.agents
  const now = () => clock.now()
  const packages = packagesOf(parts)
  const services = servicesOf(parts)
  const firewall = firewallOf(parts)
  const own = [
    nrpeAgent(nrpeCommands(environment.nrpe, run)),
    lockAgent(leaseFile(join(environment.stateFolder, 'lease.json'), run), now),
    ...(packages === undefined ? [] : [packageAgent(packages, packages, untilFree, now)]),
    ...(services === undefined ? [] : [serviceAgent(services)]),
    ...(firewall === undefined ? [] : [iptablesAgent(firewall)]),
    ...puppetOf(parts).map((puppet) => tellingResources(puppet, resourcesOf(parts, packages))),
    ...puppetserverOf(parts),
    ...gitOf(parts),
    ...accessOf(parts),
  ]
  const others = folder === undefined ? [] : await agentsOf(folder, run, onTrouble)
  const named = new Map([...own, ...others].map((agent) => [agent.contract.agent, agent]))
  return [...named.values()].filter(({ contract }) => isActive(contract.agent))
}

/** Asks a host all at once. */
async function ask({ find, isSystemd, uid, ...parts }: HostParts): Promise<AskedHost> {
  const names = programsAskedFor(parts.environment)
  const [paths, ...self] = await Promise.all([Promise.all(names.map(find)), isSystemd(), uid()])
  const places = new Map(names.map((name, index) => [name, paths[index]]))
  return { ...parts, found: (program) => places.get(program), isSystemd: self[0], uid: self[1] }
}

function packagesOf({
  environment,
  run,
  found: find,
}: AskedHost): (PackageManager & PackageLists) | undefined {
  const has = (...programs: string[]) => programs.every((program) => find(program) !== undefined)
  const found = has('apt-get', 'dpkg-query') ? 'apt' : has('dnf') ? 'dnf' : has('yum') ? 'yum' : undefined
  const chosen = environment.agents.packages ?? found
  if (chosen === undefined) return undefined
  return chosen === 'apt' ? aptPackages(run, environment.agents.packageLockWithin) : rpmPackages(chosen, run)
}

function servicesOf(parts: AskedHost): ServiceManager | undefined {
  const chosen = serviceKindOf(parts)
  if (chosen === undefined) return undefined
  return chosen === 'systemd' ? systemdServices(parts.run) : sysvServices(parts.run, parts.files)
}

function serviceKindOf({ environment, found, isSystemd }: AskedHost): 'systemd' | 'sysv' | undefined {
  const own = isSystemd ? 'systemd' : found('service') === undefined ? undefined : 'sysv'
  return environment.agents.services ?? own
}

/** Returns the host's resources, as its puppet and its own programs tell of them. */
function resourcesOf(parts: AskedHost, packages: PackageManager | undefined): HostResources {
  const { environment, run, files, steps, found } = parts
  const { program, code } = environment.agents.puppet
  const kind = serviceKindOf(parts)
  const services =
    kind === undefined
      ? undefined
      : kind === 'systemd'
        ? systemdLook(run)
        : sysvLook(sysvServices(run, files), files)
  const ofAgent = puppetCatalog(run, files, found(program) ?? program)
  const applications = code.map(({ name }) => name)
  return {
    managed: async () => {
      const ofCode = steps.isHere ? await managedByCode(codeRecords(environment), applications) : undefined
      return laterManaged(await ofAgent(), ofCode)
    },
    look: resourceLooks({ run, files, packages, services }),
  }
}

function firewallOf({ environment, run, found: find }: AskedHost): Firewall | undefined {
  const { firewall, chain, target } = environment.agents
  const found = find('iptables') ? 'iptables' : find('nft') ? 'nftables' : undefined
  const chosen = firewall ?? found
  if (chosen === undefined) return undefined
  return chosen === 'iptables' ? iptablesFirewall(run, { chain, target }) : nftablesFirewall(run)
}

function puppetOf({ environment, run, files, clock, steps, found: find }: AskedHost): Agent[] {
  const { program, splay, code } = environment.agents.puppet
  const found = find(program)
  if (found === undefined) return []
  const puppet = puppetProgram(run, files, { program: found, splay })
  const lockFile = () => puppet.lockFile()
  const records = codeRecords(environment)
  const ofCode = () =>
    steps.isHere ? applyProgram({ program: found, run, folders: code, records, lockFile }) : codeElsewhere()
  return [puppetAgent(puppet, () => clock.now(), code.length === 0 ? undefined : ofCode())]
}

/** Returns the folder of what runs of packed puppet code leave. */
function codeRecords({ stateFolder }: ServerEnvironment): string {
  return join(stateFolder, 'puppet')
}

/** Returns the puppetserver agent, for a host that has a puppetserver. */
function puppetserverOf({ environment, run, openServer, found: find }: AskedHost): Agent[] {
  const puppet = find(environment.agents.puppet.program)
  if (puppet === undefined || openServer === undefined || find('puppetserver') === undefined) return []
  return [puppetserverAgent(puppetserverProgram(run, puppet, openServer))]
}

/** Returns the git agent, for a host whose configuration names repositories. */
function gitOf({ environment, run, files, steps, clock, untilFree, uid }: AskedHost): Agent[] {
  const { repositories } = environment.agents
  if (repositories.length === 0) return []
  const records = join(environment.stateFolder, 'git')
  const found = hostRepositories({
    repositories,
    run,
    files,
    looks: steps.folders,
    records,
    now: () => clock.now(),
    uid,
  })
  return [gitAgent(found, untilFree)]
}

/** Returns the access agent, for a host whose configuration names sites. */
function accessOf({ environment, run, steps }: AskedHost): Agent[] {
  const { sites } = environment.agents
  return sites.length === 0 ? [] : [accessAgent(hostSites(sites, run, steps.guarded))]
}
