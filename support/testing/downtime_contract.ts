import { expect } from 'chai'
import { localGateway } from '../balancers/local_gateway'
import { downtimesIn } from '../monitoring/downtimes'
import type { DowntimeSystem } from '../monitoring/systems/downtime_system'
import type { HostGateway } from '../rollout/model/obligation'
import type { Answer } from '../rollout/model/answers'
import type { Downtimes } from '../rollout/ports'

export interface MonitoringUnderTest {
  system: DowntimeSystem
  /** Two hosts that the system watches and sees up, each with a service `load` that is well. */
  hosts: readonly [string, string]
  /** Makes the next checks of a host’s service find it critical, or well again. */
  setCritical(host: string, isCritical: boolean): Promise<void>
  /** Has a state reported for the host's service `backup`, which is passive: a check of it would find it critical. */
  report(host: string, state: 'OK' | 'CRITICAL'): Promise<void>
  /** Schedules a downtime of a person for the host alone. */
  mute(host: string): Promise<void>
  /** Returns the authors of the downtimes that there are on a host and its services, whoever has scheduled them. */
  authorsOn(host: string): Promise<readonly string[]>
  /** Milliseconds between two looks. */
  lookEvery: number
}

const HOUR_MS = 3_600_000
const LONG_MS = 60_000

/** Describes what every monitoring system that takes downtimes has to do. Each host begins without a downtime of Lockstep. */
export function behavesAsDowntimeSystem(
  open: () => MonitoringUnderTest,
  reach = localGateway(askNobody),
): void {
  const downtimesOf = (run: string): Downtimes => {
    const { system, lookEvery } = open()
    return downtimesIn({ systems: [system], run, lookEvery, isPlanned: () => false })
  }
  const seenOn = async (hosts: readonly string[], by = downtimesOf('look'), gate: HostGateway = reach) => {
    const { outcomes } = await by.look(hosts, gate)
    return hosts.map((host) => by.read(outcomes.get(host) ?? SILENT).isOpen)
  }

  it('begins a downtime of a host and of its service, and of no other host', async () => {
    const [one, other] = open().hosts
    const { outcomes } = await downtimesOf('1').begin([one], HOUR_MS, reach)
    expect(outcomes.get(one)?.kind).to.equal('answered')
    expect(await seenOn([one, other])).to.deep.equal([true, false])
    expect(await open().authorsOn(one)).to.deep.equal(['lockstep', 'lockstep', 'lockstep'])
  })

  it('leaves one downtime where it is begun again, also by another run', async () => {
    const [one] = open().hosts
    for (const run of ['1', '1', '2']) await downtimesOf(run).begin([one], HOUR_MS, reach)
    expect(await open().authorsOn(one)).to.deep.equal(['lockstep', 'lockstep', 'lockstep'])
  })

  it('keeps the downtime of a host whose service is critical, and says so', async () => {
    const { hosts, setCritical } = open()
    const [one] = hosts
    await downtimesOf('1').begin([one], HOUR_MS, reach)
    await setCritical(one, true)
    const { outcomes } = await downtimesOf('1').end([one], 5_000, reach)
    const answer = outcomes.get(one)
    expect(answer?.kind).to.equal('failed')
    expect(answer?.kind === 'failed' ? answer.message : '').to.match(/the service load is CRITICAL.*until/)
    expect(await seenOn([one])).to.deep.equal([true])
    await setCritical(one, false)
  })

  it('goes by the report of a passive service, and never checks it', async () => {
    const { hosts, report } = open()
    const [, other] = hosts
    const endThere = async (within: number) => {
      const answer = (await downtimesOf('1').end([other], within, reach)).outcomes.get(other)
      return answer?.kind === 'failed' ? answer.message : answer?.kind
    }
    await downtimesOf('1').begin([other], HOUR_MS, reach)
    await report(other, 'CRITICAL')
    expect(await endThere(5_000)).to.match(/the service backup is CRITICAL/)
    await report(other, 'OK')
    expect(await endThere(LONG_MS)).to.equal('answered')
  })

  it('ends the downtime of an earlier run, and leaves that of a person', async () => {
    const { hosts, mute } = open()
    const [one] = hosts
    await mute(one)
    await downtimesOf('killed').begin([one], HOUR_MS, reach)
    const { outcomes } = await downtimesOf('later').end([one], LONG_MS, reach)
    expect(outcomes.get(one)).to.deep.include({ kind: 'answered' })
    expect(await seenOn([one])).to.deep.equal([false])
    expect(await open().authorsOn(one)).to.deep.equal(['operator'])
  })

  it('names a host that it does not watch, and begins no downtime for it', async () => {
    const [one] = open().hosts
    const { outcomes } = await downtimesOf('1').begin([one, 'unknown.example.net'], HOUR_MS, reach)
    expect(outcomes.get(one)?.kind).to.equal('answered')
    const answer = outcomes.get('unknown.example.net')
    expect(answer?.kind === 'failed' ? answer.message : '').to.match(/knows no host of that name/)
    await downtimesOf('1').end([one], LONG_MS, reach)
    expect(await seenOn([one])).to.deep.equal([false])
  })
}

const SILENT: Answer = { kind: 'silent', waited: 0 }

/** Monitoring is reached by its own ways: no host is asked anything. */
function askNobody(): never {
  throw new Error('a host was asked')
}
