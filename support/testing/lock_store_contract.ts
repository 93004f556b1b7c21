import { expect } from 'chai'
import { failure } from './failure'
import { GRACE_MS } from '../locks/claim_table'
import { LEASE, type Claim, type LockStore } from '../locks/lock_store'

/** A place of locks under test. Each number is a process on a control host of its own. */
export interface LocksUnderTest {
  open(process: number): LockStore
  /** Lets all clocks go on. */
  pass(ms: number): void
}

/** States what every place of locks does. */
export function lockStoreContract(makeLocks: () => LocksUnderTest): void {
  const claim = (run: string, hosts: readonly string[]): Claim => ({
    run,
    feature: 'website.feature',
    fleet: 'f',
    hosts,
  })
  const taking = (run: string) => ({ runs: [run], reason: 'it is gone' })

  it('has a host for one rollout at a time, and names its owner', async () => {
    const { open } = makeLocks()
    const [one, other] = [open(1), open(2)]
    expect(await one.claim(claim('r1', ['web1', 'web2']))).to.deep.equal([])
    const [{ since, ...holder } = { since: '' }, ...more] = await other.claim(claim('r2', ['WEB2', 'web3']))
    expect([holder, more]).to.deep.equal([
      { ...claim('r1', ['web2']), user: 'user1', machine: 'control1', pid: 1, state: 'alive' },
      [],
    ])
    expect(new Date(since).toISOString()).to.equal(since)
    expect((await other.list()).map(({ run }) => run)).to.deep.equal(['r1'])
    expect(await other.claim(claim('r2', ['web3']))).to.deep.equal([])
    await one.release()
    expect(await other.claim(claim('r2', ['web3', 'web2']))).to.deep.equal([])
  })

  it('keeps what was claimed when the rest of a wider claim is not had', async () => {
    const { open } = makeLocks()
    const [one, other] = [open(1), open(2)]
    await one.claim(claim('r1', ['web1']))
    await other.claim(claim('r2', ['web2']))
    expect(await one.claim(claim('r1', ['web1', 'web2', 'web3']))).to.have.length(1)
    one.expectOwned()
    expect((await one.list()).find(({ run }) => run === 'r1')?.hosts).to.deep.equal(['web1'])
    expect(await open(3).claim(claim('r3', ['web3']))).to.deep.equal([])
  })

  it('keeps a claim for as long as it is renewed, from whoever wants to take it', async () => {
    const { open, pass } = makeLocks()
    const one = open(1)
    await one.claim(claim('r1', ['web1']))
    for (let time = 0; time < 3 * LEASE; time += LEASE / 3) {
      pass(LEASE / 3)
      await one.renew()
      one.expectOwned()
      expect((await open(2).claim(claim('r2', ['web1']), taking('r1')))[0]?.state).to.equal('alive')
      expect(await open(2).discard('r1')).to.equal(false)
    }
  })

  it('has a claim that was not renewed for one who says so, and for nobody else', async () => {
    const { open, pass } = makeLocks()
    const one = open(1)
    await one.claim(claim('r1', ['web1']))
    pass(LEASE + GRACE_MS + 1)
    expect((await open(2).claim(claim('r2', ['web1'])))[0]).to.include({ run: 'r1', state: 'lease expired' })
    expect((await open(2).claim(claim('r2', ['web1']), taking('r0')))[0]).to.include({ run: 'r1' })
    const two = open(2)
    expect(await two.claim(claim('r2', ['web1']), taking('r1'))).to.deep.equal([])
    expect((await two.list()).map(({ run }) => run)).to.deep.equal(['r2'])
    expect((await failure(one.renew())).code).to.equal('lock-failed')
    expect(() => one.expectOwned()).to.throw(/nothing more is done without it/)
    await one.release()
    two.expectOwned()
    expect((await two.list()).map(({ run }) => run)).to.deep.equal(['r2'])
  })

  it('discards the claim of a run whose owner is gone', async () => {
    const { open, pass } = makeLocks()
    await open(1).claim(claim('r1', ['web1']))
    expect(await open(2).discard('r0')).to.equal(false)
    pass(LEASE + GRACE_MS + 1)
    expect(await open(2).discard('r1')).to.equal(true)
    expect(await open(2).list()).to.deep.equal([])
  })

  it('has nothing to renew, to check or to release before there is a claim', async () => {
    const { open } = makeLocks()
    const one = open(1)
    one.expectOwned()
    await one.renew()
    await one.release()
    expect(await one.list()).to.deep.equal([])
  })
}
