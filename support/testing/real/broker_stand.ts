import { join } from 'node:path'
import { readFileSync } from 'node:fs'
import { cucumber, lockstep, type ProcessRun } from '../cucumber_process'
import { Scratch } from '../scratch'
import type { BrokerGroup } from './activemq_network'
import { RealFleet, type RealHost } from './mcollectived'
import { PASSWORD, PSK, USER } from './settings'

/** The hosts: the name, the broker that comes first in the pool, and whose daemon it runs. */
const HOSTS = [
  ['ours1', 0, 'ours'],
  ['ruby2', 1, 'ruby'],
  ['ours2', 1, 'ours'],
  ['ours3', 2, 'ours'],
  ['ruby3', 2, 'ruby'],
] as const

export const IDENTITIES = HOSTS.map(([name]) => `${name}.example.net`).sort()

/** Three brokers, hosts on each of them, and an environment for a control host on each: mq1, mq2, mq3. */
export class BrokerStand<Group extends BrokerGroup = BrokerGroup> {
  private constructor(
    private readonly scratch: Scratch,
    readonly group: Group,
    readonly fleet: RealFleet,
  ) {}

  static async start<Group extends BrokerGroup>(
    startGroup: (scratch: Scratch) => Promise<Group>,
  ): Promise<BrokerStand<Group>> {
    const scratch = new Scratch()
    const group = await startGroup(scratch)
    const [first, ...others] = group.brokers
    if (first === undefined) throw new Error('there is no broker')
    const fleet = new RealFleet(scratch, [first, ...others], 'psk')
    const stand = new BrokerStand(scratch, group, fleet)
    scratch.write('website.feature', WEBSITE)
    scratch.write('lockstep.yaml', stand.environments())
    const rows = IDENTITIES.map((host) => `${host},roles::dev_server,de\n`)
    scratch.write('hosts.csv', `host,role,country\n${rows.join('')}`)
    for (const [name, index, kind] of HOSTS)
      if (kind === 'ruby') fleet.launch(`${name}.example.net`, { first: index })
      else await fleet.addOursWithState(`${name}.example.net`, index)
    await stand.untilAllAnswer()
    return stand
  }

  host(name: string): RealHost {
    const host = this.fleet.hosts.find(({ identity }) => identity === `${name}.example.net`)
    if (host === undefined) throw new Error(`there is no host ${name}`)
    return host
  }

  /** Brings every host back to its beginning. An update of a package takes a host as many seconds as `slow` says. */
  renew(slow: Readonly<Record<string, number>> = {}): void {
    for (const host of this.fleet.hosts) {
      host.forgetOrders()
      host.change((state) => {
        state.packages['mywebapp'] = '4.2.6-2.el5'
        state.blocked = []
        state.slow = slow[host.identity.replace('.example.net', '')] ?? 0
      })
    }
  }

  /** Resolves once every host answers a control host on each of the brokers. */
  async untilAllAnswer(environments: readonly string[] = ['mq1', 'mq2', 'mq3']): Promise<void> {
    const until = Date.now() + 180_000
    const all = `${IDENTITIES.length} hosts answered · ${IDENTITIES.length} expected · 0 silent`
    for (const environment of environments)
      for (;;) {
        const run = await lockstep(['ping', '--environment', environment], this.scratch.path)
        if (run.stdout.includes(all)) break
        if (Date.now() > until || run.exitCode === 2)
          throw new Error(`not all hosts answer ${environment}:\n${shown(run)}`)
      }
  }

  /** Rolls the website out, from a control host whose first broker is that of `environment`. */
  roll(environment: string): Promise<ProcessRun> {
    const env = { LOCKSTEP_ENVIRONMENT: environment }
    return cucumber(['-p', 'live', 'website.feature'], this.scratch.path, env)
  }

  /** Resolves once all of these hosts are so. */
  async untilHosts(names: readonly string[], are: (host: RealHost) => boolean): Promise<void> {
    const until = Date.now() + 120_000
    while (!names.every((name) => are(this.host(name)))) {
      if (Date.now() > until) throw new Error(`it did not come to what was waited for: ${names.join(', ')}`)
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  }

  async stop(): Promise<void> {
    await this.fleet.stop()
    await this.group.stop()
    this.scratch.remove()
  }

  private environments(): string {
    const { brokers } = this.group
    const one = (_: unknown, first: number) => {
      const pool = [...brokers.slice(first), ...brokers.slice(0, first)].map(
        ({ port }) =>
          `      - { host: 127.0.0.1, port: ${port}, user: ${USER}, password: { file: password } }\n`,
      )
      return `  mq${first + 1}:
    connector: ${brokers[0]?.kind ?? ''}
    brokers:
${pool.join('')}    security: { provider: psk, secret: { file: psk } }
    inventory: [hosts.csv]
${brokers[0]?.kind === 'rabbitmq' ? '    reply_exchange: true\n' : ''}    discovery_window: 3 seconds
    look_every: 200 ms
    timeouts: { default: 90 seconds }
`
    }
    this.scratch.write('psk', PSK)
    this.scratch.write('password', PASSWORD)
    return `default: mq1\nenvironments:\n${brokers.map(one).join('')}`
  }
}

export function shown({ stdout, stderr }: ProcessRun): string {
  return `${stdout}\n${stderr}`
}

/** The seed's feature. */
const WEBSITE = readFileSync(
  join(__dirname, '..', '..', '..', 'features', 'deployments', 'website.feature'),
  'utf8',
)
