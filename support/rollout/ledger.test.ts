import { expect } from 'chai'
import { Ledger } from './ledger'
import type { Hold } from './ports'

describe('the ledger', () => {
  const hold = { obligation: 'blocks 192.168.1.1' } as Hold
  const asHeld = ['web1', 'web2'].map((host) => ({ host, obligation: hold.obligation }))

  it('says while an obligation is being written what the journal will say', async () => {
    let written = () => {}
    const append = () => new Promise<void>((resolve) => (written = resolve))
    const ledger = new Ledger({ append }, [])
    const opening = ledger.opening(hold, ['web1', 'web2'])
    expect(ledger.held).to.deep.equal(asHeld)
    written()
    await opening
    expect(ledger.held).to.deep.equal(asHeld)
  })

  it('forgets what could not be written, since nobody is taken out then, and nothing else', async () => {
    let isFull = false
    const append = async () => {
      if (isFull) throw new Error('the disk is full')
    }
    const ledger = new Ledger({ append }, [])
    await ledger.opening(hold, ['web1', 'web2'])
    isFull = true
    const failure = await ledger.opening(hold, ['web2', 'web3']).catch((error: unknown) => error)
    expect(failure).to.be.instanceOf(Error)
    expect(ledger.held).to.deep.equal(asHeld)
  })
})
