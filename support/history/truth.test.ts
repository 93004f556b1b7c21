import { expect } from 'chai'
import fc from 'fast-check'
import type { JournalEntry } from '../rollout/model/journal_entry'
import type { Answer } from '../rollout/model/answers'
import type { Request } from '../rollout/model/answers'
import { mayGoOn } from '../rollout/model/verdict'
import { LockstepError } from '../system/errors'
import { ALONE, BEGAN, FakeFleet, rolloutOn } from '../testing/fake_fleet'
import { failed, ok, silent, webs } from '../testing/web_fleet'
import { historyEntryOf } from './history_record'

class Killed extends Error {}

/** The mishap of a host. `breaks`: it carries out the order, and says that it could not. */
type Mishap = 'says nothing' | 'fails' | 'lies' | 'reply lost' | 'breaks'

interface Story {
  n: number
  orders: ('update' | 'install 1.5' | 'install 2.0' | 'install 3.0' | 'look')[]
  mishaps: { host: number; mishap: Mishap; at: number }[]
  budget: number
  /** The release of the run; without one, hosts are not asked what they have before. */
  release: string | undefined
  versionsBack: boolean
  killedAt: number
  /** True when hosts answer an order with the version that they had before it, as Ruby's package agent does. */
  answersBefore: boolean
}

/** Hosts with a version each, and every change that was really made. */
class Hosts {
  readonly version = new Map<string, string>()
  readonly made: { host: string; before: string; after: string }[] = []
  private orders = 0

  constructor(private readonly story: Pick<Story, 'mishaps' | 'answersBefore'>) {}

  answer(host: string, { action, inputs }: Request): Answer {
    const before = this.versionOf(host)
    if (action === 'status') return ok({ ensure: before })
    const mishap = this.story.mishaps.find(
      (each) => `web${each.host}` === host && each.at === this.orders,
    )?.mishap
    const after = action === 'update' ? '4.0' : String(inputs['version'])
    if (mishap === 'says nothing') return silent
    if (mishap === 'fails') return failed('no space left')
    if (mishap === 'lies') return ok({ ensure: after })
    this.version.set(host, after)
    if (before !== after) this.made.push({ host, before, after })
    if (mishap === 'breaks') return failed('the service did not come up')
    return mishap === 'reply lost' ? silent : ok({ ensure: this.story.answersBefore ? before : after })
  }

  nextOrder(): void {
    this.orders += 1
  }

  versionOf(host: string): string {
    return this.version.get(host) ?? '1.0'
  }
}

async function told(story: Story): Promise<{ journal: JournalEntry[]; hosts: Hosts }> {
  const hosts = new Hosts(story)
  const fleet = new FakeFleet(webs(story.n), (host, request) => hosts.answer(host, request))
  let entries = 0
  const { rollout, journal } = rolloutOn(fleet, {
    append: async () => {
      entries += 1
      if (entries > story.killedAt) throw new Killed()
    },
    ports: { keepsHistory: true, releases: { ...ALONE.releases, current: story.release } },
  })
  rollout.afterFailure.versionsGoBack = story.versionsBack
  if (story.budget > 0) rollout.budget.allow({ hosts: story.budget }, 'rollout')
  try {
    await rollout.ports.journal.append(BEGAN)
    await rollout.beginScenario('1', 'one')
    rollout.hosts.withClass('roles::web')
    await allOrders(story, rollout, hosts)
    await rollout.endScenario(rollout.halted === undefined)
    hosts.nextOrder()
    await rollout.afterFailure.settle()
  } catch (error) {
    if (!(error instanceof Killed) && !(error instanceof LockstepError)) throw error
  }
  return { journal, hosts }
}

async function allOrders(
  { orders }: Story,
  { packages }: ReturnType<typeof rolloutOn>['rollout'],
  hosts: Hosts,
): Promise<void> {
  let latest = '1.0'
  for (const order of orders) {
    const [action, version = '4.0'] = order.split(' ')
    if (action !== 'look') latest = version
    const verdict =
      action === 'look'
        ? await packages.versionShouldBe('web', latest)
        : action === 'update'
          ? await packages.update('web')
          : await packages.install('web', version)
    if (action !== 'look') hosts.nextOrder()
    if (!mayGoOn(verdict)) return
  }
}

const stories: fc.Arbitrary<Story> = fc.record({
  n: fc.integer({ min: 1, max: 4 }),
  orders: fc.array(
    fc.constantFrom<Story['orders'][number]>('update', 'install 1.5', 'install 2.0', 'install 3.0', 'look'),
    { minLength: 1, maxLength: 5 },
  ),
  mishaps: fc.array(
    fc.record({
      host: fc.integer({ min: 1, max: 4 }),
      mishap: fc.constantFrom<Mishap>('says nothing', 'fails', 'lies', 'reply lost', 'breaks'),
      at: fc.integer({ min: 0, max: 5 }),
    }),
    { maxLength: 4 },
  ),
  budget: fc.integer({ min: 0, max: 2 }),
  release: fc.constantFrom(undefined, '1.2'),
  versionsBack: fc.boolean(),
  killedAt: fc.oneof(fc.constant(1_000), fc.integer({ min: 0, max: 40 })),
  answersBefore: fc.boolean(),
})

describe('a record against what hosts did', () => {
  it('has every change that was made, and its states are those that were; a lie holds until a line looks @long', async () => {
    await fc.assert(
      fc.asyncProperty(stories, async (story) => {
        const { journal, hosts } = await told(story)
        const record = historyEntryOf(
          'run',
          journal.map((entry) => ({ ...entry, at: '' })),
        )
        const lied = new Set(
          story.mishaps.filter(({ mishap }) => mishap === 'lies').map(({ host }) => `web${host}`),
        )
        for (const host of webs(story.n).filter((name) => !lied.has(name))) {
          const own = (record?.changes ?? []).filter((change) => change.host === host)
          const made = hosts.made.filter((change) => change.host === host)
          for (const { before, after } of made)
            expect(
              own.some((change) => (change.before ?? before) === before && (change.after ?? after) === after),
              `${host}: ${before} → ${after}`,
            ).to.equal(true)
          for (const { before, after, outcome } of own)
            if (before !== null && after !== null)
              expect(
                made.some((change) => change.before === before && change.after === after),
                `${host}: ${before} → ${after}, ${outcome}`,
              ).to.equal(true)
        }
      }),
      { numRuns: 1_500 },
    )
  })

  it('has the state that a look has seen, of a host that lied', async () => {
    const { journal } = await told({
      n: 2,
      orders: ['update', 'look'],
      mishaps: [{ host: 1, mishap: 'lies', at: 0 }],
      budget: 0,
      release: '1.2',
      versionsBack: false,
      killedAt: 1_000,
      answersBefore: false,
    })
    const record = historyEntryOf(
      'run',
      journal.map((entry) => ({ ...entry, at: '' })),
    )
    expect(record?.changes.map(({ host, before, after }) => [host, before, after])).to.deep.equal([
      ['web2', '1.0', '4.0'],
    ])
  })

  it('has the new state of hosts whose agents answer with the version from before, even if the run stops in that step', async () => {
    for (const release of [undefined, '1.2']) {
      const { journal } = await told({
        n: 3,
        orders: ['update', 'look'],
        mishaps: [{ host: 3, mishap: 'fails', at: 0 }],
        budget: 0,
        release,
        versionsBack: false,
        killedAt: 1_000,
        answersBefore: true,
      })
      const record = historyEntryOf(
        'run',
        journal.map((entry) => ({ ...entry, at: '' })),
      )
      const before = release === undefined ? null : '1.0'
      expect(record?.changes.map(({ host, before: had, after }) => [host, had, after])).to.deep.equal([
        ['web1', before, '4.0'],
        ['web2', before, '4.0'],
        ...(release === undefined ? [['web3', null, '1.0']] : []),
      ])
    }
  })

  it('calls the state of a host unknown that no line has looked at', async () => {
    const { journal } = await told({
      n: 1,
      orders: ['update'],
      mishaps: [],
      budget: 0,
      release: '1.2',
      versionsBack: false,
      killedAt: 1_000,
      answersBefore: true,
    })
    const record = historyEntryOf(
      'run',
      journal.map((entry) => ({ ...entry, at: '' })),
    )
    expect(record?.changes.map(({ before, after, outcome }) => [before, after, outcome])).to.deep.equal([
      ['1.0', null, 'done'],
    ])
  })
})
