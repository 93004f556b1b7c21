import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import fc from 'fast-check'
import { Scratch } from '../testing/scratch'
import { journalText } from '../testing/journal_text'
import { sightOf } from './processes'
import { RequestRecord } from './request_record'
import { Requests, type RequestEntry } from './requests'

const began = (id: string, until = 2_000): RequestEntry => ({
  type: 'began',
  id,
  caller: 'uid=0',
  until,
  replyTo: `/queue/${id}`,
  cutOff: Buffer.from('cut off').toString('base64'),
})
const ended = (id: string): RequestEntry => ({
  type: 'ended',
  id,
  reply: Buffer.from('the end').toString('base64'),
})

describe('the record that a daemon keeps of its requests', () => {
  let scratch: Scratch
  let now: number
  beforeEach(() => {
    scratch = new Scratch()
    now = 1_000
  })
  afterEach(async () => {
    for (const record of opened.splice(0)) await record.close()
    scratch.remove()
  })
  const folder = () => join(scratch.path, 'requests')
  const opened: RequestRecord[] = []
  const open = async () => {
    const record = await RequestRecord.open(folder(), () => now)
    opened.push(record)
    return record
  }
  /** Reads the record again as after kill -9: nothing was closed. */
  const after = async (...entries: RequestEntry[]) => {
    const record = await open()
    for (const entry of entries) await record.add(entry)
    now += 1
    return (await open()).requests
  }

  it('knows after a restart which replies are owed, and what each says', async () => {
    const {
      length,
      0: cut,
      1: over,
    } = (
      await after(began('a'), began('b'), ended('b'), began('c'), ended('c'), { type: 'sent', id: 'c' })
    ).owed()
    expect(length).to.equal(2)
    expect(cut).to.deep.include({ id: 'a', replyTo: '/queue/a', hasEnded: false })
    expect(cut?.reply.toString()).to.equal('cut off')
    expect(over).to.deep.include({ id: 'b', hasEnded: true })
    expect(over?.reply.toString()).to.equal('the end')
  })

  it('says which file of another version it cannot take over, and keeps it', async () => {
    const path = scratch.write(
      'requests/1.journal.ndjson',
      journalText(JSON.stringify({ type: 'journal', version: 99 })),
    )
    const troubles: string[] = []
    opened.push(
      await RequestRecord.open(
        folder(),
        () => now,
        (what) => troubles.push(what),
      ),
    )
    expect(troubles).to.have.length(1)
    expect(troubles[0]).to.contain(`${path} is of version 99`).and.contain('move the file away')
    expect(existsSync(path)).to.equal(true)
  })

  it('knows which requests may not be carried out again, and until when', async () => {
    const known = await after(began('a'), ended('a'), { type: 'sent', id: 'a' }, began('old', 1_000), {
      type: 'sent',
      id: 'old',
    })
    expect(known.known()).to.deep.equal([{ id: 'a', caller: 'uid=0', until: 2_000 }])
  })

  it('owes the answer of a change that took longer than its request could come again, but not for ever', async () => {
    const requests = await after(began('a'), ended('a'))
    requests.forget(300_000)
    expect(requests.owed().map(({ id }) => id)).to.deep.equal(['a'])
    requests.forget(700_000)
    expect(requests.owed()).to.deep.equal([])
  })

  it('knows which programs were not seen to end', async () => {
    const requests = await after(
      { type: 'program', pid: 10, began: '5' },
      { type: 'program', pid: 11, began: '6' },
      { type: 'gone', pid: 10 },
    )
    expect(requests.programs()).to.deep.equal([{ pid: 11, began: '6' }])
  })

  it('keeps one file with what matters, however often it restarts and however much it was asked @long', async () => {
    const record = await open()
    for (let each = 0; each < 3_000; each += 1) {
      now += 1
      await record.add(began(`r${each}`, now + 10))
      await record.add({ type: 'sent', id: `r${each}` })
    }
    await open()
    const [file = '', ...more] = readdirSync(folder())
    expect(more).to.deep.equal([])
    expect(readFileSync(join(folder(), file), 'utf8').split('\n').length).to.be.below(50)
  })

  it('does not mix up what is written down at the same time @long', async () => {
    const record = await open()
    await Promise.all(
      Array.from({ length: 2_600 }, (_, each) => [
        record.add(began(`r${each}`, 10_000)),
        record.add(ended(`r${each}`)),
      ]).flat(),
    )
    now += 1
    const owed = (await open()).requests.owed()
    expect(owed).to.have.length(2_600)
    expect(owed.filter(({ hasEnded }) => !hasEnded)).to.deep.equal([])
  })

  it('does without a line that was cut short', async () => {
    const record = await open()
    await record.add(began('a'))
    await record.add(began('b'))
    const [file = ''] = readdirSync(folder())
    const path = join(folder(), file)
    writeFileSync(path, readFileSync(path).subarray(0, -20))
    now += 1
    expect((await open()).requests.owed().map(({ id }) => id)).to.deep.equal(['a'])
    expect(existsSync(path)).to.equal(false)
  })

  it('says the same again in as few entries', () => {
    const id = fc.constantFrom('a', 'b', 'c')
    const entry = fc.oneof(
      id.map((each) => began(each)),
      id.map(ended),
      id.map((each): RequestEntry => ({ type: 'sent', id: each })),
      fc.nat(3).map((pid): RequestEntry => ({ type: 'program', pid, began: String(pid) })),
      fc.nat(3).map((pid): RequestEntry => ({ type: 'gone', pid })),
    )
    fc.assert(
      fc.property(fc.array(entry), (entries) => {
        const [once, again] = [new Requests(), new Requests()]
        entries.forEach((each) => once.take(each))
        once.entries().forEach((each) => again.take(each))
        expect(again.owed()).to.deep.equal(once.owed())
        expect(again.known()).to.deep.equal(once.known())
        expect(again.programs()).to.deep.equal(once.programs())
      }),
    )
  })
})

describe('a process', () => {
  it('is told apart from a later one of its number, and from none', () => {
    expect(sightOf(process.pid)).to.deep.equal(sightOf(process.pid))
    expect(sightOf(process.pid)?.began).to.match(/^\d+$/)
    expect(sightOf(2 ** 22 + 1)).to.equal(undefined)
  })
})
