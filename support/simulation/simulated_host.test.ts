import { expect } from 'chai'
import { systemClock } from '../system/clock'
import { testFleet } from '../testing/embedded'
import { EmbeddedFleet } from './fleet'

describe('the fault of a simulated host', () => {
  it('has shown once a request has met it, and never on a host without one', async () => {
    const { client, fleet, stop } = await testFleet(3, { 1: 'duplicate from step 2', 2: 'fails from step 9' })
    const ask = () =>
      client.call({
        agent: 'package',
        action: 'status',
        inputs: { package: 'mywebapp' },
        hosts: ['web1', 'web2', 'web3'],
        within: 10_000,
        signal: new AbortController().signal,
      })
    const shown: boolean[][] = []
    for (let call = 1; call <= 2; call += 1) {
      await ask()
      shown.push(fleet.hosts.map(({ hasShownFault }) => hasShownFault))
    }
    await stop()
    expect(shown).to.deep.equal([
      [false, false, false],
      [true, false, false],
    ])
  })

  it('begins with its line, where its wave is at it', () => {
    const hosts = ['web1', 'web2'].map((identity) => ({
      identity,
      classes: [],
      facts: {},
      packages: {},
      services: {},
      checks: {},
      without: [],
      fault: { name: 'silent' as const, from: 1, during: 'I update' },
    }))
    const fleet = new EmbeddedFleet({
      fleet: { repository: {}, hosts, backends: {} },
      collective: 'mcollective',
      secret: 'test',
      clock: systemClock,
    })
    const shown = (text: string, moving?: readonly string[]) => {
      fleet.beginStep(text, moving)
      return fleet.hosts.map(({ hasShownFault }) => hasShownFault)
    }
    expect(shown('I block the load balancer', ['web2'])).to.deep.equal([false, false])
    expect(shown('I update the package web', ['web2'])).to.deep.equal([false, true])
    expect(shown('I update the package web')).to.deep.equal([true, true])
  })
})
