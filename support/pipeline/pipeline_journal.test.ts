import { appendFileSync, readdirSync, truncateSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { Scratch } from '../testing/scratch'
import type { PipelineEvent } from './events'
import { LivePipelineLog } from './live_log'
import { openPipelineJournal, pipelineJournalsIn, readPipeline } from './pipeline_journal'
import { PipelineState } from './pipeline_state'
import { Receiver, type Told } from './receive'

const A = 'a'.repeat(40)
const TOLD: Told = {
  push: {
    repository: 'website',
    by: undefined,
    changes: [{ ref: 'refs/heads/main', before: undefined, after: A }],
  },
  teller: 'github',
  sameness: 'the signed body',
}
const BEGUN: PipelineEvent = { type: 'build begun', build: 'b1', repository: 'website', commit: A }

describe('the journals of a pipeline', () => {
  let scratch: Scratch
  beforeEach(() => (scratch = new Scratch()))
  afterEach(() => scratch.remove())

  const open = (now = () => 0) => openPipelineJournal(scratch.path, now)
  const pathOf = (index: number) => {
    const folder = pipelineJournalsIn(scratch.path)
    return join(folder, readdirSync(folder).sort()[index] ?? '')
  }

  it('tell their events in the order of writing, whatever the clock does', async () => {
    for (const [index, year] of [2030, 2020, 2026].entries()) {
      const journal = open(() => Date.UTC(year))
      await journal.append({ ...BEGUN, build: `b${index}` })
      await journal.close()
    }
    const { events, faults } = readPipeline(scratch.path)
    expect(events.map((event) => event.type === 'build begun' && event.build)).to.deep.equal([
      'b0',
      'b1',
      'b2',
    ])
    expect(faults).to.deep.equal([])
  })

  it('tell nothing where no push was ever taken', () => {
    expect(readPipeline(scratch.path)).to.deep.equal({ events: [], faults: [] })
  })

  it('lack nothing but an event that nobody was told of, when a kill has cut them off', async () => {
    const journal = open()
    await journal.append(BEGUN)
    await journal.append({ ...BEGUN, build: 'b2' })
    await journal.close()
    truncateSync(pathOf(0), statSync(pathOf(0)).size - 5)
    const { events, faults } = readPipeline(scratch.path)
    expect(events).to.have.lengthOf(1)
    expect(faults).to.deep.equal([])
  })

  it('say that something is missing, when a line of them was changed', async () => {
    const journal = open()
    await journal.append(BEGUN)
    await journal.close()
    appendFileSync(pathOf(0), '00000000 {"type":"build ended"}\n')
    expect(readPipeline(scratch.path).faults.join()).to.match(/^the journal .* is damaged from line 4 on$/)
  })

  it('are not believed where an event is not whole', async () => {
    const journal = open()
    await journal.append({ ...BEGUN, build: 5 } as unknown as PipelineEvent)
    await journal.close()
    expect(readPipeline(scratch.path).faults.join()).to.contain(
      'has an entry "build begun" that is not whole',
    )
  })

  describe('with a receiver', () => {
    const log = (journal = open()) =>
      new LivePipelineLog(PipelineState.of(readPipeline(scratch.path).events), journal, () => 0)

    it('have a push once, told at the same time, later, and after a restart', async () => {
      const journal = open()
      const receiver = new Receiver(log(journal))
      const together = await Promise.all([TOLD, TOLD, TOLD].map((told) => receiver.receive(told)))
      expect(together.map(({ isNew }) => isNew)).to.deep.equal([true, false, false])
      expect(new Set(together.map(({ delivery }) => delivery)).size).to.equal(1)
      await journal.close()
      expect((await new Receiver(log()).receive(TOLD)).isNew).to.equal(false)
      expect(readPipeline(scratch.path).events).to.have.lengthOf(1)
    })

    it('have two pushes that differ in what was signed, in their teller or in their repository', async () => {
      const receiver = new Receiver(log())
      const push = { ...TOLD.push, repository: 'shop' }
      const others: Told[] = [
        TOLD,
        { ...TOLD, sameness: 'another' },
        { ...TOLD, teller: 'gitea' },
        { ...TOLD, push },
      ]
      const ids = await Promise.all(others.map(async (told) => (await receiver.receive(told)).delivery))
      expect(new Set(ids).size).to.equal(4)
    })
  })
})
