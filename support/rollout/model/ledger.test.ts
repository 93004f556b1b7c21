import { expect } from 'chai'
import { Ledger } from './ledger'
import type { Obligation } from './obligation'

describe('the ledger', () => {
  const obligation = { name: 'blocks 192.168.1.1' } as Obligation
  const asOpen = ['web1', 'web2'].map((host) => ({ host, obligation: obligation.name }))

  it('says while an obligation is being written what the journal will say', async () => {
    let written = () => {}
    const append = () => new Promise<void>((resolve) => (written = resolve))
    const ledger = new Ledger({ append }, [])
    const opening = ledger.open(obligation, ['web1', 'web2'])
    expect(ledger.all).to.deep.equal(asOpen)
    written()
    await opening
    expect(ledger.all).to.deep.equal(asOpen)
  })

  it('forgets what could not be written, since no host is taken out then, and nothing else', async () => {
    let isFull = false
    const append = async () => {
      if (isFull) throw new Error('the disk is full')
    }
    const ledger = new Ledger({ append }, [])
    await ledger.open(obligation, ['web1', 'web2'])
    isFull = true
    const failure = await ledger.open(obligation, ['web2', 'web3']).catch((error: unknown) => error)
    expect(failure).to.be.instanceOf(Error)
    expect(ledger.all).to.deep.equal(asOpen)
  })
})
