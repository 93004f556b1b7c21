import { expect } from 'chai'
import fc from 'fast-check'
import { failure } from '../testing/failure'
import { FaultyNetwork } from '../testing/faulty_network'
import { MemoryClaims } from '../testing/memory_claims'
import { GRACE_MS, type ClaimTable } from './claim_table'
import { LeasedLocks } from './leased_locks'
import { LEASE, type Claim } from './lock_store'
import { LockstepError } from '../system/errors'

const claim = (run: string, hosts: readonly string[]): Claim => ({
  run,
  feature: 'x.feature',
  fleet: 'f',
  hosts,
})

describe('Locks in a database', () => {
  let now: number
  let suspended: number
  let table: MemoryClaims
  const alive = new Map<number, string>()
  beforeEach(() => {
    now = 1_000_000
    suspended = 0
    table = new MemoryClaims(() => now)
    alive.clear()
    alive.set(1, 'a').set(2, 'b')
  })

  const open = (
    pid: number,
    more: Partial<ConstructorParameters<typeof LeasedLocks>[1]> = {},
    on: ClaimTable = table,
  ) =>
    new LeasedLocks(on, {
      user: 'operator',
      machine: 'control1',
      pid,
      place: 'here',
      processStart: (asked) => alive.get(asked),
      clock: { now: () => now, elapsed: () => now - suspended },
      newToken: () => `token of ${pid}`,
      ...more,
    })
  /** Fails calls for as long as `reason` is there, before they are done or after that. */
  const failing = (state: { reason: string | undefined; isDone: boolean }) =>
    new Proxy(table, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name)
        if (typeof value !== 'function') return value
        return async (...args: unknown[]) => {
          const act = () => Promise.resolve(Reflect.apply(value, target, args) as unknown)
          if (state.reason === undefined) return act()
          if (state.isDone) await act()
          throw new LockstepError('lock-failed', state.reason)
        }
      },
    })

  it('are good for a lease by the clock of their holder, and good again once they are renewed', async () => {
    const state = { reason: undefined as string | undefined, isDone: false }
    const locks = open(1, {}, failing(state))
    await locks.claim(claim('r1', ['web1']))
    now += LEASE - 1
    locks.expectOwned()
    state.reason = 'it is away'
    await failure(locks.renew())
    locks.expectOwned()
    now += 1
    expect(() => locks.expectOwned()).to.throw(
      'the lock of run r1 was not renewed for 60 s (it is away): another control host may have its hosts by now; nothing more is done without it',
    )
    state.reason = undefined
    await locks.renew()
    locks.expectOwned()
  })

  it('count a lease from before it was asked for, and are not had where the answer came too late', async () => {
    const slow = new MemoryClaims(() => (now += LEASE))
    const { code } = await failure(open(1, {}, slow).claim(claim('r1', ['web1'])))
    expect(code).to.equal('lock-failed')
  })

  it('are over as well when the machine was suspended meanwhile', async () => {
    const locks = open(1)
    await locks.claim(claim('r1', ['web1']))
    now += LEASE
    suspended += LEASE
    expect(() => locks.expectOwned()).to.throw(/was not renewed/)
  })

  it('leave nothing behind where the answer to the first claim was lost', async () => {
    const state = { reason: 'it broke' as string | undefined, isDone: true }
    expect((await failure(open(1, {}, failing(state)).claim(claim('r1', ['web1'])))).message).to.equal(
      'it broke',
    )
    expect(await table.list()).to.deep.equal([])
  })

  it('are lost for good when a database that was set back does not have them', async () => {
    const locks = open(1)
    await locks.claim(claim('r1', ['web1']))
    await table.remove('r1', 'token of 1')
    expect((await failure(locks.renew())).message).to.equal(
      'the lock of run r1 is lost: it is not in the database in memory any more; nothing more is done without it',
    )
    expect(() => locks.expectOwned()).to.throw(/is lost/)
    expect((await failure(locks.claim(claim('r1', ['web1', 'web2'])))).message).to.match(/is lost/)
    expect(await table.list()).to.deep.equal([])
  })

  it('name who has taken them', async () => {
    const locks = open(1, { place: 'elsewhere' })
    await locks.claim(claim('r1', ['web1']))
    now += LEASE + GRACE_MS + 1
    await open(2).claim(claim('r2', ['WEB1']), { runs: ['r1'], reason: 'it is gone' })
    expect((await failure(locks.renew())).message).to.match(
      /the run r2 of operator on control1, pid 2, has taken it over/,
    )
  })

  it('of a process that was here and is gone are known to be, at once', async () => {
    await open(1).claim(claim('r1', ['web1']))
    alive.set(1, 'another process')
    expect((await open(2).list())[0]?.state).to.equal('process gone')
    expect(await open(2).claim(claim('r2', ['web1']), { runs: ['r1'], reason: 'killed' })).to.deep.equal([])
  })

  for (const [what, elsewhere] of [
    ['on another control host', { place: 'there' }],
    ['of another user', { user: 'deploy' }],
    ['where no process is seen', { place: undefined }],
  ] as const)
    it(`of a process ${what} are judged by their lease alone`, async () => {
      await open(1, { ...elsewhere, processStart: () => 'a' }).claim(claim('r1', ['web1']))
      alive.delete(1)
      const [holder] = await open(
        2,
        'place' in elsewhere && elsewhere.place === undefined ? elsewhere : {},
      ).claim(claim('r2', ['web1']), { runs: ['r1'], reason: 'killed' })
      expect(holder?.state).to.equal('alive')
    })
})

/** One thing that happens while holders and their orders are on the way. */
type Happening =
  | { act: 'claim' | 'release' | 'crash' | 'cut' | 'mend'; who: number }
  | { act: 'pass'; ms: number }
  | { act: 'loss'; who: number; loss: 'request' | 'answer' | 'delay' | 'none' }

describe('Holders of locks in a database', () => {
  const who = fc.nat({ max: 2 })
  const happening: fc.Arbitrary<Happening> = fc.oneof(
    { weight: 8, arbitrary: fc.record({ act: fc.constant('claim' as const), who }) },
    {
      weight: 2,
      arbitrary: fc.record({ act: fc.constantFrom('release', 'crash', 'cut', 'cut', 'mend'), who }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        act: fc.constant('loss' as const),
        who,
        loss: fc.constantFrom('request', 'answer', 'delay', 'none'),
      }),
    },
    {
      weight: 6,
      arbitrary: fc.record({ act: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: LEASE / 2 }) }),
    },
  )
  const drift = fc.tuple(...[0, 1, 2].map(() => fc.integer({ min: -500, max: 500 })))

  it('are never two of one host, whatever crashes, is cut off, or comes late', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(happening, { minLength: 10, maxLength: 60, size: 'max' }),
        drift,
        fc.nat(),
        async (happenings, drifts, seed) => {
          const world = new World(drifts, seed)
          for (const each of happenings) await world.happen(each)
        },
      ),
      { numRuns: 400 },
    ))

  it('take over from one that is cut off, once its lease and the time of grace are over', async () => {
    const world = new World([0, 0, 0], 1)
    await world.happen({ act: 'claim', who: 0 })
    await world.happen({ act: 'pass', ms: ANSWERED_MS })
    expect(world.holders()).to.deep.equal([0])
    await world.happen({ act: 'cut', who: 0 })
    await world.happen({ act: 'pass', ms: LEASE + GRACE_MS - 3 * ANSWERED_MS })
    await world.happen({ act: 'claim', who: 1 })
    await world.happen({ act: 'pass', ms: ANSWERED_MS })
    expect(world.holders()).to.deep.equal([])
    await world.happen({ act: 'pass', ms: 2 * ANSWERED_MS })
    await world.happen({ act: 'claim', who: 1 })
    await world.happen({ act: 'pass', ms: ANSWERED_MS })
    expect(world.holders()).to.deep.equal([1])
  })
})

/** Three control hosts, their clocks, their ways to one database, and the orders that they give to one host. */
class World {
  private readonly clock = new Timeline()
  private readonly table = new MemoryClaims(() => 5_000_000 + this.clock.elapsed())
  private readonly members: Member[]
  private runs = 0

  constructor(
    private readonly driftsPpm: readonly number[],
    seed: number,
  ) {
    this.members = [0, 1, 2].map((index) => {
      const network = new FaultyNetwork(this.table, this.clock, seed + index)
      return { network, locks: undefined, ended: 0 }
    })
  }

  /** Returns those who would give an order to the host right now. */
  holders(): number[] {
    return this.members.flatMap(({ locks }, index) => {
      if (locks === undefined || !locks.hasHost) return []
      try {
        locks.store.expectOwned()
        return [index]
      } catch {
        return []
      }
    })
  }

  async happen(happening: Happening): Promise<void> {
    if (happening.act === 'pass') return this.pass(happening.ms)
    const member = this.members[happening.who]
    if (member === undefined) return
    if (happening.act === 'loss') member.network.fate = happening.loss
    else if (happening.act === 'cut' || happening.act === 'mend')
      member.network.isCut = happening.act === 'cut'
    else if (happening.act === 'crash') member.locks = undefined
    else if (happening.act === 'claim') this.claim(member, happening.who)
    else {
      void member.locks?.store.release().catch(() => {})
      member.locks = undefined
    }
    await this.pass(0)
  }

  /** Begins a run that takes every claim of before whose owner is gone, and renews its own. */
  private claim(member: Member, index: number): void {
    if (member.locks !== undefined) return
    this.runs += 1
    const run = `r${this.runs}`
    const rate = 1 + (this.driftsPpm[index] ?? 0) / 1_000_000
    const elapsed = () => this.clock.elapsed() * rate
    const store = new LeasedLocks(member.network, {
      user: 'operator',
      machine: `control${index}`,
      pid: 1,
      place: `place ${index}`,
      processStart: () => run,
      clock: { elapsed, now: () => index * 9_000_000 + elapsed() },
      newToken: () => `token of ${run}`,
    })
    const locks = { store, hasHost: false }
    member.locks = locks
    const earlier = Array.from({ length: this.runs }, (_, each) => `r${each}`)
    const renew = () =>
      this.clock.after(LEASE / 3, () => {
        if (member.locks !== locks) return
        void store.renew().catch(() => {})
        renew()
      })
    store
      .claim(claim(run, ['web1']), { runs: earlier, reason: 'they are gone' })
      .then((others) => {
        if (member.locks !== locks) return
        if (others.length > 0) member.locks = undefined
        else locks.hasHost = true
        renew()
      })
      .catch(() => {
        if (member.locks === locks) member.locks = undefined
      })
  }

  /** Lets time go on in small steps, and looks at each who has the host. */
  private async pass(ms: number): Promise<void> {
    const end = this.clock.elapsed() + ms
    do {
      await this.clock.step(Math.min(STEP_MS, end - this.clock.elapsed()))
      const holders = this.holders()
      for (const [index, member] of this.members.entries())
        if (holders.includes(index)) member.ended = this.clock.elapsed()
      // An order that was given just before may be under way for a while.
      const busy = this.members.filter(
        ({ ended }) => ended > 0 && ended + ON_THE_WAY_MS > this.clock.elapsed(),
      )
      expect(holders.length, `holders at ${this.clock.elapsed()}`).to.be.at.most(1)
      if (busy.length > 1) this.expectGivenBack(holders)
    } while (this.clock.elapsed() < end)
  }

  /** Expects that a host went from one to another only when the first had given it back or crashed. */
  private expectGivenBack(holders: readonly number[]): void {
    for (const [index, { locks, ended }] of this.members.entries())
      if (!holders.includes(index) && ended + ON_THE_WAY_MS > this.clock.elapsed())
        expect(locks?.hasHost ?? false, `run of ${index} goes on`).to.equal(false)
  }
}

/** A time that goes on when it is told to, and calls what is due in its order. */
class Timeline {
  private time = 0
  private readonly due: { at: number; callback: () => void }[] = []

  elapsed(): number {
    return this.time
  }

  after(ms: number, callback: () => void): () => void {
    const timer = { at: this.time + ms, callback }
    this.due.push(timer)
    return () => void (timer.callback = () => {})
  }

  /** Goes on to the next timer, and no further than `ms`. Resolves when all that follows is done. */
  async step(ms: number): Promise<void> {
    this.due.sort((a, b) => a.at - b.at)
    const [next] = this.due
    const isDue = next !== undefined && next.at <= this.time + ms
    this.time = isDue ? next.at : this.time + ms
    if (isDue) this.due.shift()?.callback()
    for (let turn = 0; turn < 20; turn += 1) await Promise.resolve()
  }
}

interface Member {
  network: FaultyNetwork
  locks: { store: LeasedLocks; hasHost: boolean } | undefined
  /** The last moment at which it had the host. */
  ended: number
}

const STEP_MS = 1_000
/** The most that a network without faults needs for two calls. */
const ANSWERED_MS = 8_000
/** Less than the time of grace, by what a step is long. */
const ON_THE_WAY_MS = GRACE_MS - 2 * STEP_MS
