import { existsSync } from 'node:fs'
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
import { leaseFile } from '../agents/providers/lease_file'
import { nrpeCommands } from '../agents/providers/nrpe_commands'
import { aptPackages } from '../agents/providers/packages_apt'
import { rpmPackages } from '../agents/providers/packages_rpm'
import { puppetCatalog } from '../agents/providers/puppet_catalog'
import { applyProgram } from '../agents/providers/puppet_code/apply_program'
import { laterManaged, managedByCode } from '../agents/providers/puppet_code/own_catalogs'
import { puppetProgram } from '../agents/providers/puppet_program'
import { puppetserverProgram } from '../agents/providers/puppetserver_program'
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
import { findProgram } from '../system/programs'

export interface HostParts {
  environment: ServerEnvironment
  clock: Clock
  run: CommandRunner
  /** Resolves when no program that an earlier daemon started is under way any more; rejects when the call's time is over. */
  untilFree?: (call: Call) => Promise<void>
  /** Returns the path of a program; undefined where the host has none of this name. */
  find?: (program: string) => string | undefined
  isSystemd?: () => boolean
  /** The user id of this process. */
  uid?: number
  onTrouble: (what: string) => void
}

/**
 * Returns the agents that this host can have, by the programs installed on it, and those of its folder of agents. It
 * leaves out those that the configuration switches off. Of two with one name, the folder's counts.
 */
export async function hostAgents(parts: HostParts): Promise<Agent[]> {
  const { environment, clock, run, untilFree, onTrouble } = parts
  const { isActive, folder } = environment.agents
  const now = () => clock.now()
  const packages = packagesOf(parts)
  const services = servicesOf(parts)
  const firewall = firewallOf(parts)
  const own = [
    nrpeAgent(nrpeCommands(environment.nrpe, run)),
    lockAgent(leaseFile(join(environment.stateFolder, 'lease.json')), now),
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

function packagesOf({
  environment,
  run,
  find = findProgram,
}: HostParts): (PackageManager & PackageLists) | undefined {
  const has = (...programs: string[]) => programs.every((program) => find(program) !== undefined)
  const found = has('apt-get', 'dpkg-query') ? 'apt' : has('dnf') ? 'dnf' : has('yum') ? 'yum' : undefined
  const chosen = environment.agents.packages ?? found
  if (chosen === undefined) return undefined
  return chosen === 'apt' ? aptPackages(run, environment.agents.packageLockWithin) : rpmPackages(chosen, run)
}

function servicesOf(parts: HostParts): ServiceManager | undefined {
  const chosen = serviceKindOf(parts)
  if (chosen === undefined) return undefined
  return chosen === 'systemd' ? systemdServices(parts.run) : sysvServices(parts.run)
}

function serviceKindOf({
  environment,
  find = findProgram,
  isSystemd = () => existsSync('/run/systemd/system'),
}: HostParts): 'systemd' | 'sysv' | undefined {
  const found = isSystemd() ? 'systemd' : find('service') === undefined ? undefined : 'sysv'
  return environment.agents.services ?? found
}

/** Returns the host's resources, as its puppet and its own programs tell of them. */
function resourcesOf(parts: HostParts, packages: PackageManager | undefined): HostResources {
  const { environment, run, find = findProgram } = parts
  const { program, code } = environment.agents.puppet
  const kind = serviceKindOf(parts)
  const services =
    kind === undefined ? undefined : kind === 'systemd' ? systemdLook(run) : sysvLook(sysvServices(run))
  const ofAgent = puppetCatalog(run, find(program) ?? program)
  const applications = code.map(({ name }) => name)
  return {
    managed: async () => laterManaged(await ofAgent(), managedByCode(codeRecords(environment), applications)),
    look: resourceLooks({ run, packages, services }),
  }
}

function firewallOf({ environment, run, find = findProgram }: HostParts): Firewall | undefined {
  const { firewall, chain, target } = environment.agents
  const found = find('iptables') ? 'iptables' : find('nft') ? 'nftables' : undefined
  const chosen = firewall ?? found
  if (chosen === undefined) return undefined
  return chosen === 'iptables' ? iptablesFirewall(run, { chain, target }) : nftablesFirewall(run)
}

function puppetOf({ environment, run, clock, find = findProgram }: HostParts): Agent[] {
  const { program, splay, code } = environment.agents.puppet
  const found = find(program)
  if (found === undefined) return []
  const puppet = puppetProgram(run, { program: found, splay })
  const lockFile = () => puppet.lockFile()
  const records = codeRecords(environment)
  const folders =
    code.length === 0 ? undefined : applyProgram({ program: found, run, folders: code, records, lockFile })
  return [puppetAgent(puppet, () => clock.now(), folders)]
}

/** Returns the folder of what runs of packed puppet code leave. */
function codeRecords({ stateFolder }: ServerEnvironment): string {
  return join(stateFolder, 'puppet')
}

/** Returns the puppetserver agent, for a host that has a puppetserver. */
function puppetserverOf({ environment, run, find = findProgram }: HostParts): Agent[] {
  const puppet = find(environment.agents.puppet.program)
  if (puppet === undefined || find('puppetserver') === undefined) return []
  return [puppetserverAgent(puppetserverProgram(run, puppet))]
}

/** Returns the git agent, for a host whose configuration names repositories. */
function gitOf({ environment, run, clock, untilFree, uid = process.getuid?.() ?? 0 }: HostParts): Agent[] {
  const { repositories } = environment.agents
  if (repositories.length === 0) return []
  const records = join(environment.stateFolder, 'git')
  const found = hostRepositories({ repositories, run, records, now: () => clock.now(), uid })
  return [gitAgent(found, untilFree)]
}

/** Returns the access agent, for a host whose configuration names sites. */
function accessOf({ environment, run }: HostParts): Agent[] {
  const { sites } = environment.agents
  return sites.length === 0 ? [] : [accessAgent(hostSites(sites, run))]
}
