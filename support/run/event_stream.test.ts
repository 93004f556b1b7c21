import { expect } from 'chai'
import { failure } from '../testing/failure'
import { BEGAN } from '../testing/fake_fleet'
import { begunRun } from '../testing/told_run'
import { LockstepError } from '../system/errors'
import type { Run } from './run'

const OPENED = { type: 'opened', obligation: 'blocks lb', hosts: ['web1'] } as const

describe('the stream of a run’s events', () => {
  let written: string[]
  let settled: (() => void)[]
  let run: Run
  let told: string[]
  let isFull: boolean

  beforeEach(() => {
    ;[written, settled, told, isFull] = [[], [], [], false]
    run = begunRun()
    run.stream.listen(({ type }) => told.push(type))
    run.stream.openInto({
      put(entry) {
        if (isFull) throw new LockstepError('journal-failed', 'the disk is full')
        written.push((entry as { type: string }).type)
      },
      settle: () => new Promise((done) => settled.push(done)),
      settleNow: () => {},
    })
  })

  const begin = async () => {
    const begun = run.stream.append(BEGAN)
    for (const done of settled.splice(0)) done()
    await begun
  }

  it('writes nothing before a feature begins, and then all that was said before in front of it', async () => {
    run.note('said early')
    expect(written).to.deep.equal([])
    await begin()
    expect(written).to.deep.equal(['read', 'began', 'note', 'run'])
  })

  it('shows no listener an event that is not on disk, nor takes it in', async () => {
    await begin()
    const appended = run.stream.append(OPENED)
    expect(written.at(-1)).to.equal('opened')
    await Promise.resolve()
    expect([told.includes('opened'), run.state.outOfRotation.length]).to.deep.equal([false, 0])
    for (const done of settled.splice(0)) done()
    await appended
    expect([told.includes('opened'), run.state.outOfRotation.length]).to.deep.equal([true, 1])
  })

  it('tells events in the order of its journal, those that wait for the disk and those that do not', async () => {
    await begin()
    const appended = run.stream.append(OPENED)
    run.note('behind it')
    expect(told.slice(-2)).to.deep.equal(['opened', 'note'])
    for (const done of settled.splice(0)) done()
    await appended
    expect(told.filter((type) => type === 'opened')).to.have.length(1)
    expect(written.slice(-2)).to.deep.equal(['opened', 'note'])
  })

  it('rejects an entry that waits for the disk while another finds the journal broken, and does not tell it', async () => {
    await begin()
    const appended = failure(run.stream.append(OPENED))
    isFull = true
    run.note('x')
    for (const done of settled.splice(0)) done()
    expect((await appended).code).to.equal('journal-failed')
    expect([told.includes('opened'), run.state.outOfRotation.length]).to.deep.equal([false, 0])
    expect(run.state.refused?.code).to.equal('journal-failed')
  })

  it('resolves an entry that was on disk before another found the journal broken', async () => {
    await begin()
    const appended = run.stream.append(OPENED)
    run.note('behind it')
    isFull = true
    run.note('x')
    for (const done of settled.splice(0)) done()
    await appended
    expect(told.filter((type) => type === 'opened')).to.have.length(1)
  })

  for (const [who, say] of [
    ['a note', () => run.note('x')],
    ['an entry', () => void run.stream.append(OPENED).catch(() => {})],
  ] as const)
    it(`refuses the run when ${who} cannot be written, and takes nothing that needs the journal`, async () => {
      await begin()
      isFull = true
      say()
      expect(run.state.refused).to.deep.equal({ code: 'journal-failed', message: 'the disk is full' })
      isFull = false
      expect((await failure(run.stream.append(OPENED))).code).to.equal('journal-failed')
      expect(run.state.outOfRotation).to.deep.equal([])
      run.end()
      expect([run.state.ended?.exitCode, written.includes('ended')]).to.deep.equal([1, false])
    })
})
