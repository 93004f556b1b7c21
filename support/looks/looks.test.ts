import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { FakeClock, settled } from '../testing/fake_clock'
import { aDriftAnswer, MemoryLooks } from '../testing/memory_looks'
import { Scratch } from '../testing/scratch'
import { LookFiles } from './look_files'
import { Looks } from './looks'

const drift = (release: string) => ({ kind: 'drift', release }) as const

describe('the looks at hosts that people ask for', () => {
  let scratch: Scratch
  let commands: MemoryLooks
  let ends: { end: AbortController; work: Promise<void> }[]
  beforeEach(() => {
    scratch = new Scratch()
    commands = new MemoryLooks()
    ends = []
  })
  afterEach(async () => {
    for (const { end } of ends) end.abort()
    await Promise.all(ends.map(({ work }) => work))
    scratch.remove()
  })

  /** Begins a process of `lockstep serve` on the same folder. */
  const open = () => {
    const looks = new Looks(new LookFiles(scratch.path), commands, new FakeClock())
    const end = new AbortController()
    ends.push({ end, work: looks.work(end.signal) })
    return { looks, end }
  }
  const ask = (looks: Looks, environment = 'test', release = '4.2') => {
    const asked = looks.ask({ by: 'anna', environment, wanted: drift(release) })
    return 'id' in asked ? asked.id : asked.why
  }

  it('are answered once, and a later process has the same answer', async () => {
    const { looks, end } = open()
    const id = ask(looks)
    expect(looks.find(id)?.ended).to.equal(undefined)
    commands.answer(id, aDriftAnswer())
    await settled()
    expect(looks.find(id)).to.deep.include({ by: 'anna', environment: 'test' })
    expect(looks.answerOf(id)).to.deep.equal(aDriftAnswer())
    end.abort()
    const next = open().looks
    expect(next.answerOf(id)).to.deep.equal(aDriftAnswer())
    expect(next.find(id)?.ended?.result).to.equal('answered')
    expect(commands.ended).to.deep.equal([])
  })

  it('are one at a time in an environment, and some in all', () => {
    const { looks } = open()
    ask(looks)
    expect(ask(looks)).to.equal('hosts of test are being asked already; wait until that has ended')
    for (const other of ['a', 'b', 'c']) expect(ask(looks, other)).to.match(/^look/)
    expect(ask(looks, 'd')).to.match(/^hosts of 4 environments are being asked already/)
    expect(commands.asked).to.have.length(4)
  })

  it('that end with their process are cut off, and say nothing of hosts', async () => {
    const { looks, end } = open()
    const id = ask(looks)
    end.abort()
    await settled()
    expect(looks.find(id)?.ended).to.deep.include({ result: 'cut off' })
    expect(looks.answerOf(id)).to.equal(undefined)
    expect(ask(looks)).to.match(/^lockstep serve has only just begun, or ends/)
  })

  it('that a killed process has left are ended, and are cut off', () => {
    ask(open().looks)
    const next = open().looks
    expect(commands.ended).to.deep.equal(['look0001'])
    expect(next.find('look0001')?.ended?.result).to.equal('cut off')
    expect(ask(next)).to.equal('look0002')
  })

  it('count an answer that is cut off on disk as none', async () => {
    const { looks, end } = open()
    const id = ask(looks)
    commands.answer(id, aDriftAnswer())
    await settled()
    end.abort()
    writeFileSync(join(scratch.path, 'console', 'looks', `${id}.ended.json`), '{"at":"x","result":"answ')
    const next = open().looks
    expect(next.find(id)?.ended?.result).to.equal('cut off')
    expect(next.answerOf(id)).to.equal(undefined)
  })

  it('are bounded, and the last answer outlives looks that failed after it', async () => {
    const { looks } = open()
    const first = ask(looks)
    commands.answer(first, aDriftAnswer())
    await settled()
    for (let n = 0; n < 6; n += 1) {
      commands.answer(ask(looks), { why: 'the broker is away' })
      await settled()
    }
    expect(looks.all().length).to.be.at.most(5)
    expect(looks.answerOf(first)).to.deep.equal(aDriftAnswer())
    for (let n = 0; n < 250; n += 1) {
      commands.answer(ask(looks, 'test', `r${n}`), { why: 'the broker is away' })
      await settled()
    }
    expect(looks.all().length).to.be.at.most(201)
    expect(readdirSync(join(scratch.path, 'console', 'looks')).length).to.be.at.most(402)
  }).timeout(10_000)
})
