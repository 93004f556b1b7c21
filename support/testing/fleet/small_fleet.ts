import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { startActivemq, type RealBroker } from '../real/brokers'
import { startHaproxy, type RealHaproxy } from '../real/haproxy'
import { PASSWORD, PSK, USER } from '../real/settings'
import { Scratch } from '../scratch'
import { beginHost, type SmallHost } from './host'
import { FleetNetwork, sweepNetworks } from './network'
import { buildRepository } from './repository'

export interface SmallFleetOptions {
  hosts: number
  /** Lines that are added to each host's server.cfg. */
  cfg?: string
  onProgress?: (what: string) => void
}

/**
 * Hosts in namespaces of their own: each with its network, its root on an overlay, its packages, its packet filter, its
 * checks, and Lockstep's daemon; HAProxy in front, a broker, and a repository with the website in two versions.
 */
export class SmallFleet {
  private constructor(
    readonly scratch: Scratch,
    private readonly network: FleetNetwork,
    readonly broker: RealBroker,
    readonly haproxy: RealHaproxy,
    readonly hosts: readonly SmallHost[],
  ) {}

  /** Returns the address of this machine for the hosts. */
  get address(): string {
    return this.network.address
  }

  /** Returns a second address of this machine for the hosts, that of a load balancer that they may block. */
  get edge(): string {
    return this.network.edge
  }

  /**
   * Returns the path of a configuration for `mco` and for Lockstep; `lockstep.yaml`, which names HAProxy too, lies
   * beside it.
   */
  get clientCfg(): string {
    return join(this.scratch.path, 'client.cfg')
  }

  static async start({ hosts, cfg = '', onProgress = () => {} }: SmallFleetOptions): Promise<SmallFleet> {
    sweepNetworks()
    const scratch = new Scratch()
    const undo: (() => Promise<void> | void)[] = [() => scratch.remove()]
    try {
      execFileSync('chmod', ['755', scratch.path])
      const network = new FleetNetwork()
      undo.unshift(() => network.remove())
      onProgress('a repository with mywebapp in two versions, a broker')
      const repository = buildRepository(scratch)
      const broker = await startActivemq(scratch, { address: network.address })
      undo.unshift(() => broker.stop())
      writeClientSide(scratch, broker)
      const places = Array.from({ length: hosts }, (_, index) => network.add(index + 1))
      const names = places.map((_, index) => `web${index + 1}`)
      onProgress(`${hosts} hosts, each in namespaces of its own, with mywebapp installed by apt`)
      const started = places.map((place, index) => {
        const identity = `${names[index]}.example.net`
        const config = serverCfg(scratch, broker, identity, place.address, cfg)
        const host = beginHost({ scratch, repository, identity, config, ...place })
        undo.unshift(() => host.stop())
        return host
      })
      await Promise.all(started.map((host) => host.ready()))
      const servers = places.map(({ address }, index) => ({ name: names[index] ?? '', address, port: 80 }))
      const haproxy = await startHaproxy(scratch, { backend: 'www', servers })
      undo.unshift(() => haproxy.stop())
      scratch.write(
        'lockstep.yaml',
        `environments:\n  fleet:\n    client_config: client.cfg\n    host_leases: true\n    haproxy:\n      - socket: ${haproxy.socket}\n`,
      )
      return new SmallFleet(scratch, network, broker, haproxy, started)
    } catch (error) {
      for (const each of undo) await each()
      throw error
    }
  }

  async stop(): Promise<void> {
    await this.haproxy.stop()
    await Promise.all(this.hosts.map((host) => host.stop()))
    await this.broker.stop()
    this.network.remove()
    this.scratch.remove()
  }
}

function settings({ address, port, kind, virtualHost }: RealBroker, identity: string): string {
  const pool = `plugin.${kind}.pool`
  return `main_collective = mcollective
collectives = mcollective
identity = ${identity}
direct_addressing = 1
loglevel = warn
logger_type = console
connector = ${kind}
plugin.${kind}.vhost = ${virtualHost}
${pool}.size = 1
${pool}.1.host = ${address}
${pool}.1.port = ${port}
${pool}.1.user = ${USER}
${pool}.1.password = ${PASSWORD}
securityprovider = psk
plugin.psk = ${PSK}
`
}

function writeClientSide(scratch: Scratch, broker: RealBroker): void {
  const libdir = join(scratch.path, 'libdir')
  mkdirSync(libdir)
  scratch.write('client.cfg', `${settings(broker, 'control.example.net')}libdir = ${libdir}\n`)
}

function serverCfg(
  scratch: Scratch,
  broker: RealBroker,
  identity: string,
  address: string,
  more: string,
): string {
  const folder = join('hosts', identity)
  const facts = scratch.write(`${folder}/facts.yaml`, `---\ncountry: de\nipaddress: ${address}\n`)
  const classes = scratch.write(`${folder}/classes.txt`, 'roles::dev_server\n')
  const check = '/usr/lib/nagios/plugins/check_http'
  scratch.write(
    `${folder}/nrpe.d/checks.cfg`,
    `command[check_http]=${check} -H ${address} -u /health -t 5\ncommand[check_disk]=/usr/lib/nagios/plugins/check_disk -w 1% -c 1% -p /\n`,
  )
  return scratch.write(
    `${folder}/server.cfg`,
    `${settings(broker, identity)}factsource = yaml
plugin.yaml = ${facts}
classesfile = ${classes}
plugin.nrpe.conf_dir = ${join(scratch.path, folder, 'nrpe.d')}
rpcaudit = 1
rpcauditprovider = logfile
plugin.rpcaudit.logfile = ${join(scratch.path, folder, 'audit.log')}
${more}`,
  )
}
