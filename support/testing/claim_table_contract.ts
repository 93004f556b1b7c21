import { expect } from 'chai'
import fc from 'fast-check'
import { GRACE_MS, type ClaimRequest, type ClaimTable } from '../locks/claim_table'
import { LEASE } from '../locks/lock_store'

/** A database under test. Each call of `open` is another process that uses it. */
export interface ClaimsUnderTest {
  open(): ClaimTable
  /** Lets the clock of the database go on. */
  pass(ms: number): Promise<void>
}

/** States what every table of claims does. */
export function claimTableContract(makeTable: () => Promise<ClaimsUnderTest>, runs: number): void {
  const request = (
    run: string,
    hosts: readonly string[],
    more: Partial<ClaimRequest> = {},
  ): ClaimRequest => ({
    run,
    token: `secret of ${run}`,
    feature: 'website.feature',
    fleet: 'f',
    hosts,
    user: 'operator',
    machine: 'control1',
    pid: 7,
    place: null,
    start: 'a',
    isHad: false,
    takes: [],
    ...more,
  })
  const removable = (run: string, isSeenGone: boolean) => ({ run, token: `secret of ${run}`, isSeenGone })

  it('gives a host to one run, in whatever case it is written', async () => {
    const { open } = await makeTable()
    expect(await open().claim(request('r1', ['Web1', 'web2']))).to.deep.equal({ isLost: false, others: [] })
    const { isLost, others } = await open().claim(request('r2', ['web1', 'web3']))
    expect(isLost).to.equal(false)
    expect(others).to.have.length(1)
    const [{ since, lapsedMs, ...row } = { since: '', lapsedMs: 0 }] = others
    const { isHad: _, takes: __, ...known } = request('r1', ['Web1', 'web2'])
    expect(row).to.deep.equal(known)
    expect(since).to.match(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
    expect(lapsedMs).to.be.within(-LEASE, -1)
    expect((await open().list()).map(({ run }) => run)).to.deep.equal(['r1'])
  })

  it('gives all hosts or none', async () => {
    const { open } = await makeTable()
    await open().claim(request('r1', ['web1']))
    await open().claim(request('r2', ['web1', 'web2']))
    expect((await open().claim(request('r3', ['web2']))).others).to.deep.equal([])
  })

  it('does a call once that is made twice, as after a lost answer', async () => {
    const { open } = await makeTable()
    for (const _ of [1, 2])
      expect(await open().claim(request('r1', ['web1']))).to.deep.equal({ isLost: false, others: [] })
    expect(await open().list()).to.have.length(1)
    for (const _ of [1, 2]) await open().remove('r1', 'secret of r1')
    expect(await open().list()).to.deep.equal([])
  })

  it('widens what was claimed, and leaves it as it is where others have some of it', async () => {
    const { open } = await makeTable()
    const hostsOf = async (run: string) => (await open().list()).find((row) => row.run === run)?.hosts
    await open().claim(request('r1', ['web1']))
    await open().claim(request('r1', ['web1', 'web2'], { isHad: true }))
    expect(await hostsOf('r1')).to.deep.equal(['web1', 'web2'])
    await open().claim(request('r2', ['web3']))
    expect((await open().claim(request('r1', ['web1', 'web3'], { isHad: true }))).others).to.have.length(1)
    expect(await hostsOf('r1')).to.deep.equal(['web1', 'web2'])
    // It may be a call that comes late.
    await open().claim(request('r1', ['web1']))
    expect(await hostsOf('r1')).to.deep.equal(['web1', 'web2'])
  })

  it('says that a claim is lost that was had, and makes none instead', async () => {
    const { open } = await makeTable()
    expect(await open().claim(request('r1', ['web1'], { isHad: true }))).to.deep.equal({
      isLost: true,
      others: [],
    })
    await open().claim(request('r1', ['web1']))
    expect((await open().claim(request('r1', ['web2'], { token: 'another' }))).isLost).to.equal(true)
    expect((await open().list()).map(({ hosts }) => hosts)).to.deep.equal([['web1']])
  })

  it('lets only the process renew and remove a claim that has its secret', async () => {
    const { open } = await makeTable()
    await open().claim(request('r1', ['web1']))
    expect(await open().renew('r1', 'another')).to.equal(false)
    await open().remove('r1', 'another')
    expect(await open().renew('r1', 'secret of r1')).to.equal(true)
    expect(await open().renew('r2', 'secret of r2')).to.equal(false)
  })

  it('keeps a claim for a time of grace behind its lease, and takes none before that', async () => {
    const { open, pass } = await makeTable()
    const take = { takes: [removable('r1', false)] }
    await open().claim(request('r1', ['web1']))
    await pass(LEASE - 5_000)
    expect(await open().renew('r1', 'secret of r1')).to.equal(true)
    await pass(LEASE + GRACE_MS - 5_000)
    expect((await open().claim(request('r2', ['web1'], take))).others.map(({ run }) => run)).to.deep.equal([
      'r1',
    ])
    expect(await open().discard(removable('r1', false))).to.equal(false)
    await pass(6_000)
    expect((await open().claim(request('r2', ['web1']))).others[0]?.lapsedMs).to.be.above(GRACE_MS)
    expect((await open().claim(request('r2', ['web1'], take))).others).to.deep.equal([])
    expect((await open().list()).map(({ run }) => run)).to.deep.equal(['r2'])
    expect(await open().renew('r1', 'secret of r1')).to.equal(false)
  })

  it('renews a claim that is over and that nobody took', async () => {
    const { open, pass } = await makeTable()
    await open().claim(request('r1', ['web1']))
    await pass(10 * LEASE)
    expect(await open().renew('r1', 'secret of r1')).to.equal(true)
    expect(
      (await open().claim(request('r2', ['web1'], { takes: [removable('r1', false)] }))).others,
    ).to.have.length(1)
  })

  it('takes and discards a claim at once whose process was seen to be gone, and no later one', async () => {
    const { open } = await makeTable()
    await open().claim(request('r1', ['web1']))
    expect(await open().discard({ ...removable('r1', true), token: 'another' })).to.equal(false)
    expect(
      (await open().claim(request('r2', ['web1'], { takes: [removable('r1', true)] }))).others,
    ).to.deep.equal([])
    expect(await open().discard(removable('r1', true))).to.equal(false)
    expect(await open().discard(removable('r2', true))).to.equal(true)
    expect(await open().list()).to.deep.equal([])
  })

  it('keeps every text as it is', async () => {
    const text = fc.string({ unit: 'binary', minLength: 1 }).map((each) => each.normalize())
    await fc.assert(
      fc.asyncProperty(text, text, async (one, other) => {
        const { open } = await makeTable()
        const texts = {
          feature: one,
          fleet: other,
          user: one,
          machine: other,
          token: one,
          place: other,
          start: one,
        }
        await open().claim(request(one, [other], texts))
        const [{ since: _, lapsedMs: __, ...row } = { since: '', lapsedMs: 0 }] = await open().list()
        expect(row).to.deep.equal({ run: one, hosts: [other], pid: 7, ...texts })
        expect(await open().renew(one, one)).to.equal(true)
        await open().remove(one, one)
      }),
      { numRuns: runs },
    )
  })

  it('gives a host to one of those that claim it at the same moment', async () => {
    const { open } = await makeTable()
    for (let round = 0; round < runs; round += 1) {
      const names = ['a', 'b', 'c', 'd'].map((name) => `${round}${name}`)
      const answers = await Promise.all(
        names.map((run, index) =>
          open().claim(request(run, [`web${index}`, 'shared', `web${(index + 1) % 4}`])),
        ),
      )
      expect(answers.filter(({ others }) => others.length === 0)).to.have.length(1)
      for (const run of names) await open().remove(run, `secret of ${run}`)
    }
  })
}
