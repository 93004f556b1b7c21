import { expect } from 'chai'
import { testFleet } from '../testing/embedded'

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
})
