import { expect } from 'chai'
import fc from 'fast-check'
import { lockAgent, type Lease, type LeaseStore } from '../agents/lock'
import { callOf } from './call'

/** A place of a lease under test: each store is of another control host or daemon, and the lease is one. */
export interface LeaseUnderTest {
  open(): LeaseStore
}

/** States what every store of a lease does. `runs` is the number of examples of what is tried with many. */
export function leaseStoreContract(makeLease: () => LeaseUnderTest, runs: number): void {
  const lease = (run: string): Lease => ({ run, owner: 'ann', feature: 'ä "b" $c\n', since: 1, until: 2 })

  it('has no lease at first, keeps the one that is put there, and none once it is cleared', async () => {
    const { open } = makeLease()
    const [one, other] = [open(), open()]
    const none = await one.read()
    expect(none).to.deep.equal({ lease: undefined, text: undefined })
    expect(await one.exchange(none, lease('r1'))).to.equal(true)
    const kept = await other.read()
    expect(kept.lease).to.deep.equal(lease('r1'))
    expect(await other.exchange(kept, undefined)).to.equal(true)
    expect((await one.read()).lease).to.equal(undefined)
  })

  it('leaves what has changed since it was read', async () => {
    const { open } = makeLease()
    const [one, other] = [open(), open()]
    const none = await one.read()
    expect(await other.exchange(none, lease('r2'))).to.equal(true)
    expect(await one.exchange(none, lease('r1'))).to.equal(false)
    const second = await one.read()
    expect(second.lease?.run).to.equal('r2')
    await other.exchange(second, lease('r3'))
    expect(await one.exchange(second, undefined)).to.equal(false)
    expect((await one.read()).lease?.run).to.equal('r3')
    await other.exchange(await other.read(), undefined)
    expect(await one.exchange(second, lease('r1'))).to.equal(false)
    expect((await one.read()).lease).to.equal(undefined)
  })

  it('gives the lease to one alone of those that ask at once, and each answer is true', async () => {
    const steps = fc.array(
      fc.record({
        action: fc.constantFrom('acquire', 'acquire', 'release'),
        run: fc.integer({ min: 0, max: 2 }),
      }),
      { minLength: 2, maxLength: 6 },
    )
    await fc.assert(
      fc.asyncProperty(fc.array(steps, { minLength: 1, maxLength: 2 }), async (rounds) => {
        const { open } = makeLease()
        for (const round of rounds) {
          const before = (await open().read()).lease?.run
          const asked = round.map(async ({ action, run }) => {
            const agent = lockAgent(open(), () => 1_000_000)
            const inputs = { run: `r${run}`, seconds: 60, owner: 'ann', feature: 'a.feature' }
            const answer = agent.actions[action]?.(inputs, callOf(action))
            const told = await Promise.resolve(answer).catch((error: Error) => error)
            return { action, run: `r${run}`, told }
          })
          const answers = await Promise.all(asked)
          const after = (await open().read()).lease?.run
          const got = new Set(
            answers.flatMap((each) =>
              each.action === 'acquire' && !(each.told instanceof Error) ? [each.run] : [],
            ),
          )
          const released = new Set(answers.flatMap((each) => (each.action === 'release' ? [each.run] : [])))
          // One that nobody has given back has had the lease from its answer on: no other can have got it.
          const keepers = [...got].filter((run) => !released.has(run))
          expect(keepers.length, 'rollouts that have the lease').to.be.at.most(1)
          if (keepers[0] !== undefined) expect(after).to.equal(keepers[0])
          if (before !== undefined && !released.has(before)) {
            expect(after).to.equal(before)
            expect([...got].filter((run) => run !== before)).to.deep.equal([])
          }
          if (after !== undefined) expect([...got, before]).to.include(after)
          expect(
            answers.flatMap(({ told }) => (told instanceof Error ? [told.message] : [])).join('\n'),
          ).not.to.match(/all the time|exit status/)
        }
      }),
      { numRuns: runs },
    )
  })
}
