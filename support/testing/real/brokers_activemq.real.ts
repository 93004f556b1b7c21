import { expect } from 'chai'
import { startActivemqNetwork } from './activemq_network'
import { describeBrokers, expectDoneOnce } from './broker_rollouts'
import { shown } from './broker_stand'

describeBrokers('a network of three real ActiveMQ brokers', startActivemqNetwork, (stand) => {
  it('fails the roll call with the names of the hosts beyond a broker that is parted from the others', async () => {
    stand().renew()
    stand().group.part(2)
    const onThird = stand().fleet.hosts.filter(({ identity }) => /^\w+3\./.test(identity))
    const run = await stand().roll('mq1')
    stand().group.join()
    expect(run.exitCode, shown(run)).to.equal(1)
    for (const { identity } of onThird) expect(shown(run)).to.contain(identity)
    for (const host of stand().fleet.hosts) expect(host.orders()).to.deep.equal([])
  }).timeout(600_000)

  it('waits for the answers of hosts whose broker is parted for a while in the middle of a change', async () => {
    await stand().untilAllAnswer(['mq1'])
    stand().renew({ ours3: 2, ruby3: 2 })
    const rolling = stand().roll('mq1')
    await stand().untilHosts(['ours3', 'ruby3'], (host) => host.orders().includes('update mywebapp'))
    stand().group.part(2)
    await stand().untilHosts(
      ['ours3', 'ruby3'],
      ({ state }) => state().packages['mywebapp'] !== '4.2.6-2.el5',
    )
    stand().group.join()
    expectDoneOnce(stand(), await rolling)
  }).timeout(600_000)
})
