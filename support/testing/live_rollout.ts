import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect } from 'chai'
import { parseFaults, readFleetFile } from '../simulation/fleet_file'
import { EMBEDDED_FLEET } from '../simulation/embedded'
import { findLeftHosts } from '../rollout/model/out_of_rotation'
import { readRunJournals } from '../run/journals'
import { EmbeddedFleet } from '../simulation/fleet'
import { SimulatedHaproxy } from '../simulation/haproxy'
import { systemClock } from '../system/clock'
import { Scratch } from './scratch'

const ROLLING = resolve(__dirname, '..', '..', 'features', 'deployments', 'rolling.feature')
const BACKEND = 'www'

/** Returns a lockstep.yaml for a fleet and a HAProxy on loopback, with short times to wait. */
export function quickEnvironment(haproxyPort: number): string {
  return `environments:
  test:
    client_config: client.cfg
    discovery_window: 2 seconds
    look_every: 100 ms
    timeouts: { default: 20 seconds }
    haproxy: [{ host: 127.0.0.1, port: ${haproxyPort} }]
`
}

/**
 * Eight simulated hosts behind a simulated HAProxy in this process. A real process rolls out to them, in a folder of
 * its own.
 */
export class LiveRollout {
  readonly scratch = new Scratch()
  readonly env: Record<string, string> = {}
  private constructor(
    readonly fleet: EmbeddedFleet,
    readonly haproxy: SimulatedHaproxy,
    /** The broker's port. */
    readonly port: number,
  ) {}

  static async prepare(faults: string): Promise<LiveRollout> {
    const secret = 'psk-of-a-test'
    const description = readFleetFile(EMBEDDED_FLEET, parseFaults(faults))
    const fleet = new EmbeddedFleet({
      fleet: description,
      collective: 'mcollective',
      secret,
      clock: systemClock,
    })
    const haproxy = new SimulatedHaproxy({ backends: description.backends })
    const [port, runtimePort] = [await fleet.start(), await haproxy.start()]
    const live = new LiveRollout(fleet, haproxy, port)
    const pool = 'plugin.activemq.pool'
    const cfg = `plugin.psk = ${secret}\n${pool}.size = 1\n${pool}.1.host = 127.0.0.1\n${pool}.1.port = ${port}\n`
    live.scratch.write('client.cfg', cfg)
    live.scratch.write('rolling.feature', readFileSync(ROLLING))
    live.scratch.write('lockstep.yaml', quickEnvironment(runtimePort))
    return live
  }

  /** Returns all journals so far, as text. */
  get journals(): string {
    return this.journalsIn('.lockstep')
  }

  /** Does `work` once a journal of a state folder says `at`. */
  async when(at: string, work: () => unknown, state = '.lockstep'): Promise<void> {
    for (let tries = 0; !this.journalsIn(state).includes(at); tries += 1) {
      if (tries > 40_000) throw new Error(`no journal came to say ${at}`)
      await new Promise((done) => setTimeout(done, 5))
    }
    await work()
  }

  private journalsIn(state: string): string {
    const folder = join(this.scratch.path, state, 'live')
    if (!existsSync(folder)) return ''
    return readdirSync(folder)
      .filter((name) => name.endsWith('.ndjson'))
      .map((name) => readFileSync(join(folder, name), 'utf8'))
      .join('')
  }

  /**
   * Expects the journals to name every host that is out of rotation. No host may have done more than the journals know.
   */
  expectNothingLost(): void {
    const { journals: records } = readRunJournals(join(this.scratch.path, '.lockstep', 'live'))
    const named = findLeftHosts(records).map(({ host }) => host)
    expect(named).to.include.members(this.haproxy.outOfService(BACKEND))
    for (const { description, performed } of this.fleet.hosts) {
      for (const [action, times] of performed) {
        const asked = records
          .flatMap(({ entries }) => entries)
          .filter(
            (entry) =>
              entry.type === 'asked' &&
              `${entry.agent} ${entry.action}` === action &&
              entry.hosts.includes(description.identity),
          )
        expect(times, `${action} on ${description.identity}`).to.be.at.most(asked.length)
      }
    }
  }

  async stop(): Promise<void> {
    await this.fleet.stop()
    await this.haproxy.stop()
    this.scratch.remove()
  }
}
