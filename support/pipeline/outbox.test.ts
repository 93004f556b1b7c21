import { appendFileSync, existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import fc from 'fast-check'
import { EventCursor } from './event_cursor'
import { openPipelineJournal, pipelineJournalsIn, readPipeline } from './pipeline_journal'
import { LockstepError } from '../system/errors'
import { chainLines } from '../system/journal_lines'
import { FakeClock, settled } from '../testing/fake_clock'
import { Scratch } from '../testing/scratch'
import { Outbox, type OutboxParts } from './outbox'
import { openPlace, savePlace } from './place_file'

/** How a broker answers: it confirms, takes a message and is gone before it says so, or is gone before it takes it. */
const WAYS = ['confirms', 'takes and is gone', 'is gone'] as const
/** Where a process is killed: before a broker has the event, before it is confirmed, or before that is written down. */
const MOMENTS = ['before', 'taken', 'confirmed'] as const
/** What a kill leaves at the end of a journal: nothing, half a line, or a line without its end. */
const LEFT = ['nothing', 'half a line', 'a line without its end'] as const

interface Life {
  /** The numbers of events that come together. */
  events: readonly number[]
  ways: readonly (typeof WAYS)[number][]
  /** The event, in the order of the tries, at which the process is killed. */
  killedAt: number
  moment: (typeof MOMENTS)[number]
  left: (typeof LEFT)[number]
}

const AT_EASE: Life = { events: [], ways: [], killedAt: Infinity, moment: 'before', left: 'nothing' }

/** The state folder and the broker of processes that follow each other. */
class World {
  readonly scratch = new Scratch()
  /** The ids of what the broker has taken, and the builds that they tell of. */
  readonly taken: { id: string; build: string }[] = []
  private next = 0

  get folder(): string {
    return pipelineJournalsIn(this.scratch.path)
  }

  /** Returns the builds of which the journals tell. */
  get recorded(): string[] {
    const { events, faults } = readPipeline(this.scratch.path)
    expect(faults).to.deep.equal([])
    return events.map((event) => ('build' in event ? event.build : ''))
  }

  async live({ events, ways, killedAt, moment, left }: Life): Promise<void> {
    const journal = openPipelineJournal(this.scratch.path, () => 0)
    const clock = new FakeClock()
    const ended = new AbortController()
    const path = join(this.scratch.path, 'confirmed.json')
    const tails: EventCursor[] = []
    let [entries, tries] = [0, 0]
    const process = { isDead: false }
    const end = () => ({ journal: journal.number, entries })
    const die = () => {
      process.isDead = true
      return new Promise<never>(() => {})
    }
    const outbox = new Outbox({
      from: openPlace(path, end(), expect.fail),
      open: (from) => {
        const tail = new EventCursor(this.folder, from, end)
        tails.push(tail)
        return tail
      },
      publish: async ({ id, event }) => {
        if (process.isDead) return die()
        const [isKilled, way] = [tries === killedAt, ways[tries] ?? 'confirms']
        tries += 1
        if (isKilled && moment === 'before') return die()
        if (way === 'is gone') throw new LockstepError('broker-lost', 'gone')
        this.taken.push({ id, build: 'build' in event ? event.build : '' })
        if (isKilled && moment === 'taken') return die()
        if (way === 'takes and is gone') throw new LockstepError('broker-lost', 'gone')
      },
      save: (place) => {
        if (tries - 1 === killedAt && moment === 'confirmed') process.isDead = true
        if (!process.isDead) savePlace(path, place)
      },
      clock,
      onTrouble: () => {},
    })
    const work = outbox.work(ended.signal)
    for (const count of events) {
      for (let each = 0; each < count && !process.isDead; each += 1) {
        await journal.append(this.event())
        entries += 1
        outbox.wake()
      }
      await settled()
    }
    await settled()
    while (!process.isDead && clock.pending.length > 0) await clock.next()
    ended.abort()
    if (!process.isDead) await work
    await journal.close()
    for (const tail of tails) tail.close()
    this.leave(left)
  }

  private event() {
    this.next += 1
    return { type: 'build begun', build: `b${this.next}`, repository: 'website', commit: 'c' } as const
  }

  private leave(left: Life['left']): void {
    const name = existsSync(this.folder) ? readdirSync(this.folder).sort().at(-1) : undefined
    if (left === 'nothing' || name === undefined) return
    const path = join(this.folder, name)
    const text = readFileSync(path, 'utf8')
    if (!text.endsWith('\n')) return
    const before = Number.parseInt(text.trimEnd().split('\n').at(-1)?.slice(0, 8) ?? '', 16)
    const line = chainLines([JSON.stringify({ at: 'then', ...this.event() })], before).text.trimEnd()
    appendFileSync(path, left === 'half a line' ? line.slice(0, 30) : line)
  }
}

describe('the outbox of events', () => {
  let world: World
  beforeEach(() => (world = new World()))
  afterEach(() => world.scratch.remove())

  const life = fc.record({
    events: fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 3 }),
    ways: fc.array(fc.constantFrom(...WAYS), { maxLength: 6 }),
    killedAt: fc.integer({ min: 0, max: 5 }),
    moment: fc.constantFrom(...MOMENTS),
    left: fc.constantFrom(...LEFT),
  })

  it('publishes every event in its order, wherever processes are killed and brokers are gone', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(life, { minLength: 1, maxLength: 6 }), async (lives) => {
        const own = new World()
        try {
          // The bus begins with its first process: an event before it would not be on the bus.
          await own.live(AT_EASE)
          for (const each of lives) await own.live(each)
          await own.live(AT_EASE)
          const first = [...new Set(own.taken.map(({ build }) => build))]
          expect(first).to.deep.equal(own.recorded)
          const ids = new Map(own.taken.map(({ id, build }) => [id, build]))
          expect(ids.size, 'an event has one id, and no other has it').to.equal(first.length)
          for (const { id, build } of own.taken) expect(ids.get(id)).to.equal(build)
        } finally {
          own.scratch.remove()
        }
      }),
      { numRuns: 60 },
    )
  }).timeout(300_000)

  it('sends nothing twice while nothing fails', async () => {
    await world.live({ ...AT_EASE, events: [2, 1] })
    await world.live({ ...AT_EASE, events: [3] })
    expect(world.taken.map(({ build }) => build)).to.deep.equal(['b1', 'b2', 'b3', 'b4', 'b5', 'b6'])
  })

  it('begins with what comes next where it was not there before', async () => {
    const journal = openPipelineJournal(world.scratch.path, () => 0)
    await journal.append({ type: 'build begun', build: 'old', repository: 'website', commit: 'c' })
    await journal.close()
    await world.live({ ...AT_EASE, events: [1] })
    expect(world.taken.map(({ build }) => build)).to.deep.equal(['b1'])
  })

  const outboxOf = (parts: Partial<OutboxParts>, trouble: string[], clock = new FakeClock()) => ({
    clock,
    outbox: new Outbox({
      from: { journal: 1, entries: 0 },
      open: () => ({ next: () => undefined, close: () => {} }),
      publish: async () => {},
      save: () => {},
      clock,
      onTrouble: (sentence) => trouble.push(sentence),
      ...parts,
    }),
  })
  const EVENT = {
    id: 'i',
    event: { type: 'build begun', build: 'b', repository: 'website', commit: 'c', at: '' } as const,
    behind: { journal: 1, entries: 1 },
  }

  it('has one event in hand while no broker confirms it, however many follow', async () => {
    const ended = new AbortController()
    let [read, given] = [0, 0]
    const { outbox } = outboxOf(
      {
        open: () => ({ next: () => ((read += 1), EVENT), close: () => {} }),
        publish: (_event, signal) => {
          given += 1
          return new Promise((_, reject) =>
            signal.addEventListener('abort', () => reject(new Error('ended')), { once: true }),
          )
        },
      },
      [],
    )
    const work = outbox.work(ended.signal)
    for (let each = 0; each < 1_000; each += 1) outbox.wake()
    await settled()
    expect([read, given]).to.deep.equal([1, 1])
    ended.abort()
    await work
  })

  it('goes on where it cannot write down what is confirmed, and where a journal cannot be read', async () => {
    const ended = new AbortController()
    const trouble: string[] = []
    const given: string[] = []
    const left = [EVENT, { ...EVENT, id: 'j' }]
    let isBroken = true
    const { outbox, clock } = outboxOf(
      {
        open: () => ({
          next: () => {
            if (isBroken) throw new LockstepError('journal-failed', 'the journal cannot be read')
            return left.shift()
          },
          close: () => {},
        }),
        publish: async ({ id }) => void given.push(id),
        save: () => {
          throw new Error('the disk is full')
        },
      },
      trouble,
    )
    const work = outbox.work(ended.signal)
    await settled()
    isBroken = false
    await clock.next()
    expect(given).to.deep.equal(['i', 'j'])
    expect(trouble).to.deep.equal([
      'the journal cannot be read',
      'which events were told cannot be written down: the disk is full',
      'which events were told cannot be written down: the disk is full',
    ])
    ended.abort()
    await work
  })
})
