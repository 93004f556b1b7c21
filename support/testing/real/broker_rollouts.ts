import { expect } from 'chai'
import type { ProcessRun } from '../cucumber_process'
import type { Scratch } from '../scratch'
import type { BrokerGroup } from './activemq_network'
import { BrokerStand, IDENTITIES, shown } from './broker_stand'

const NEW = '4.2.6-3.el5'
const ORDERS = ['block 192.168.1.1', 'update mywebapp', 'unblock 192.168.1.1']
const NAMES = IDENTITIES.map((identity) => identity.replace('.example.net', ''))

/** Describes what every group of three brokers carries, whatever happens to one of them. `more` adds tests. */
export function describeBrokers<Group extends BrokerGroup>(
  kind: string,
  startGroup: (scratch: Scratch) => Promise<Group>,
  more: (stand: () => BrokerStand<Group>) => void = () => {},
): void {
  describe(kind, () => {
    let started: BrokerStand<Group> | undefined
    const stand = () => {
      if (started === undefined) throw new Error('the brokers are not there')
      return started
    }
    before(async function () {
      this.timeout(600_000)
      started = await BrokerStand.start(startGroup)
    })
    after(async function () {
      this.timeout(600_000)
      await started?.stop()
    })

    for (const environment of ['mq1', 'mq2', 'mq3'])
      it(`finds every host, and rolls out to it, from a control host at ${environment}`, async () => {
        stand().renew()
        expectDoneOnce(stand(), await stand().roll(environment))
      }).timeout(600_000)

    it('carries the directed requests of Ruby’s own client to every host', () => {
      const hosts = IDENTITIES.flatMap((host) => ['-I', host])
      const said = stand().fleet.mco(['rpc', 'rpcutil', 'ping', ...hosts, '--no-progress'], 5)
      expect(
        IDENTITIES.filter((host) => said.includes(host)),
        said,
      ).to.deep.equal(IDENTITIES)
    }).timeout(600_000)

    // Hosts stay where they are as long as no broker is killed.
    more(stand)

    it('sends no change to a host that is between two brokers', async () => {
      stand().renew({ ours1: 2 })
      const rolling = stand().roll('mq1')
      // All others have answered, so that another line follows as soon as this host has done it.
      await stand().untilHosts(['ours1'], ({ state }) => state().packages['mywebapp'] === NEW)
      await stand().group.brokers[2]?.kill()
      expectDoneOnce(stand(), await rolling)
    }).timeout(600_000)

    it('waits for another broker when that of the control host is killed in the middle of a change', async () => {
      await comeBack(stand(), 2)
      stand().renew(Object.fromEntries(NAMES.map((name) => [name, 3])))
      const rolling = stand().roll('mq1')
      await stand().untilHosts(NAMES, (host) => host.orders().includes('update mywebapp'))
      await stand().group.brokers[0]?.kill()
      const run = await rolling
      expectDoneOnce(stand(), run)
      expect(shown(run)).to.contain('the connection to the broker is back')
    }).timeout(600_000)

    it('waits for hosts whose broker is killed while they carry a change out', async () => {
      await comeBack(stand(), 0)
      // No answer is on its way at that moment: one that is lost in a broker is lost.
      stand().renew(Object.fromEntries(NAMES.map((name) => [name, 3])))
      const rolling = stand().roll('mq1')
      await stand().untilHosts(NAMES, (host) => host.orders().includes('update mywebapp'))
      await stand().group.brokers[1]?.kill()
      expectDoneOnce(stand(), await rolling)
    }).timeout(600_000)
  })
}

async function comeBack(stand: BrokerStand, index: number): Promise<void> {
  await stand.group.brokers[index]?.restart()
  await stand.untilAllAnswer(['mq1'])
}

/** Expects a rollout to have passed on every host, each of which has carried each order out once. */
export function expectDoneOnce(stand: BrokerStand, run: ProcessRun): void {
  expect(run.exitCode, shown(run)).to.equal(0)
  const counts = run.report?.steps.at(-1)?.counts
  expect(counts, shown(run)).to.include({ expected: IDENTITIES.length, answered: IDENTITIES.length })
  for (const host of stand.fleet.hosts) {
    expect(host.orders(), host.identity).to.deep.equal(ORDERS)
    expect(host.state().packages['mywebapp'], host.identity).to.equal(NEW)
  }
}
