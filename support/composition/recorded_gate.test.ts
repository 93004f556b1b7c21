import { execFileSync } from 'node:child_process'
import { chmodSync, chownSync, mkdirSync, symlinkSync, truncateSync, unlinkSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { writeGateAnswer, type GateAnswer } from '../run/gate_answers'
import { FakeClock, settled } from '../testing/fake_clock'
import { failure, reasonOf } from '../testing/failure'
import { Scratch } from '../testing/scratch'
import { LockstepError } from '../system/errors'
import { tellNobody } from '../system/wait'
import { approval, type ApprovalOptions } from './approval'

type Told = Parameters<ApprovalOptions['append']>[0]

describe('a gate that the console may answer', () => {
  let scratch: Scratch
  let clock: FakeClock
  let told: Told[]
  let said: string[]
  let stopping: AbortController
  beforeEach(() => {
    scratch = new Scratch()
    clock = new FakeClock()
    told = []
    said = []
    stopping = new AbortController()
  })
  afterEach(() => scratch.remove())

  const waits = (more: Partial<ApprovalOptions> = {}) =>
    approval({
      run: 'r1',
      state: scratch.path,
      means: 'console',
      terminal: false,
      user: 'me',
      clock,
      stopping: stopping.signal,
      say: (text) => said.push(text),
      tellWait: tellNobody,
      append: async (event) => void told.push(event),
      ...more,
    }).ask('Go on with 3 hosts?', 10_000)
  const gateOf = (index = 0) => {
    const waiting = told.filter((event) => event.type === 'gate waits')
    return waiting[index]?.gate ?? expect.fail('no gate waits')
  }
  const answer = (gate: string, more: Partial<GateAnswer> = {}) =>
    writeGateAnswer(scratch.path, {
      run: 'r1',
      gate,
      person: 'anna',
      answer: 'approve',
      at: '2026-01-01T00:00:00.000Z',
      ...more,
    })
  const folder = () => join(scratch.path, 'console', 'answers')

  it('says in the journal that it waits and until when, and who has answered where', async () => {
    const by = waits()
    await settled()
    expect(told).to.deep.equal([
      {
        type: 'gate waits',
        gate: gateOf(),
        question: 'Go on with 3 hosts?',
        until: '1970-01-01T00:00:10.000Z',
      },
    ])
    answer(gateOf())
    await clock.next()
    expect(await by).to.equal('anna')
    expect(told[1]).to.deep.equal({
      type: 'gate ended',
      gate: gateOf(),
      outcome: 'approved',
      by: 'anna',
      means: 'console',
    })
    expect(said.at(-1)).to.equal('approved by anna in the console.')
  })

  it('is answered by the file as before, while the console could answer as well', async () => {
    expect(await waits({ means: scratch.write('yes', 'r1 bert') })).to.equal('bert')
    expect(told[1]).to.include({ outcome: 'approved', by: 'bert', means: 'file' })
  })

  it('opens for nothing that was said at the gate before', async () => {
    const first = waits()
    await settled()
    const before = gateOf()
    answer(before)
    await clock.next()
    await first
    const second = waits()
    await settled()
    answer(before)
    answer(gateOf(1), { gate: before })
    execFileSync('cp', [join(folder(), `r1.${before}.json`), join(folder(), `r1.${gateOf(1)}.json`)])
    await clock.next()
    expect(said.at(-1)).to.contain('is the answer to another gate')
    expect(told.filter(({ type }) => type === 'gate ended')).to.have.length(1)
    answer(gateOf(1), { answer: 'refuse' })
    const error = failure(second)
    await clock.next()
    expect((await error).message).to.equal(
      'approval was refused by anna in the console; no host was touched since',
    )
  })

  it('is over in time, or with its run, and says which', async () => {
    const late = failure(waits())
    await settled()
    for (let looks = 0; looks < 60 && told.length < 2; looks += 1) await clock.next()
    expect(await late).to.include({ code: 'gate-closed' })
    expect(told[1]).to.deep.equal({ type: 'gate ended', gate: gateOf(), outcome: 'late' })
    const stopped = failure(waits())
    await settled()
    stopping.abort()
    expect(await stopped).to.include({ code: 'interrupted' })
    expect(told[3]).to.include({ outcome: 'stopped' })
    const signal = failure(waits({ means: 'signal' }))
    expect(await signal).to.include({ code: 'interrupted' })
  })

  it('does not open where its answer cannot be put into the journal', async () => {
    const by = failure(
      waits({
        append: async (event) => {
          if (event.type === 'gate ended') throw new LockstepError('journal-failed', 'the disk is full')
          told.push(event)
        },
      }),
    )
    await settled()
    answer(gateOf())
    await clock.next()
    expect((await by).message).to.equal('the disk is full')
  })

  for (const [what, forge, why] of [
    [
      'a link',
      (path: string) => {
        execFileSync('mv', [path, `${path}.own`])
        symlinkSync(`${path}.own`, path)
      },
      'is no file',
    ],
    [
      'a pipe',
      (path: string) => {
        execFileSync('rm', [path])
        execFileSync('mkfifo', ['-m', '600', path])
      },
      'is no file',
    ],
    ['a file that others may write', (path: string) => chmodSync(path, 0o622), 'can be used by others'],
    ['half a file', (path: string) => truncateSync(path, 20), 'cannot be read'],
    ['a huge file', (path: string) => truncateSync(path, 1_000_000), 'cannot be read'],
  ] as const)
    it(`is not opened by ${what}`, async () => {
      const by = failure(waits())
      await settled()
      answer(gateOf())
      forge(join(folder(), `r1.${gateOf()}.json`))
      await clock.next()
      expect(told).to.have.length(1)
      expect(said.at(-1)).to.contain(why)
      stopping.abort()
      await by
    })

  it('is not opened by what another user has left, nor in a folder of others', async function () {
    if (process.geteuid?.() !== 0) this.skip()
    const by = failure(waits())
    await settled()
    answer(gateOf())
    const path = join(folder(), `r1.${gateOf()}.json`)
    chownSync(path, 65_534, 65_534)
    await clock.next()
    expect(said.at(-1)).to.contain('belongs to user 65534')
    chownSync(path, 0, 0)
    chmodSync(folder(), 0o770)
    await clock.next()
    expect(said.at(-1)).to.contain('can be used by others')
    execFileSync('mv', [folder(), `${folder()}.own`])
    symlinkSync(`${folder()}.own`, folder())
    await clock.next()
    expect(said.at(-1)).to.contain('is no folder')
    expect(told).to.have.length(1)
    stopping.abort()
    await by
  })

  it('may be answered by the owner of the state folder, where the run is of root', async function () {
    if (process.geteuid?.() !== 0) this.skip()
    const by = waits()
    await settled()
    answer(gateOf())
    execFileSync('chown', ['-R', '65534', scratch.path])
    await clock.next()
    expect(await by).to.equal('anna')
  })

  it('says nothing of a console that it has no part in, unless it was told to wait for that one', async function () {
    if (process.geteuid?.() !== 0) this.skip()
    mkdirSync(folder(), { recursive: true, mode: 0o700 })
    chmodSync(scratch.path, 0o755)
    const asOther = async (means: string) => {
      const by = reasonOf(waits({ means }))
      await settled()
      await clock.next()
      stopping.abort()
      await by
      stopping = new AbortController()
      return said.filter((text) => text.startsWith('This answers nothing'))
    }
    process.seteuid?.(65_534)
    try {
      expect(await asOther(join(scratch.path, 'yes'))).to.deep.equal([])
      expect((await asOther('console')).join()).to.contain('cannot be read')
    } finally {
      process.seteuid?.(0)
    }
  })

  it('takes the owner of the folder of the state, and not of a link to it, for its owner', async function () {
    if (process.geteuid?.() !== 0) this.skip()
    const link = `${scratch.path}.link`
    symlinkSync(scratch.path, link)
    try {
      const by = waits({ state: link })
      await settled()
      answer(gateOf())
      execFileSync('chown', ['-R', '65534', scratch.path])
      await clock.next()
      expect(await by).to.equal('anna')
    } finally {
      unlinkSync(link)
    }
  })

  it('hears SIGUSR2 before it tells who asks for it, and is not ended by one that comes too late', async () => {
    const heard: number[] = []
    process.removeAllListeners('SIGUSR2')
    const by = waits({
      means: 'signal',
      append: async (event) => {
        told.push(event)
        heard.push(process.listenerCount('SIGUSR2'))
      },
      say: () => {
        heard.push(process.listenerCount('SIGUSR2'))
        process.emit('SIGUSR2', 'SIGUSR2')
      },
    })
    expect(await by).to.equal('signal SIGUSR2')
    heard.push(process.listenerCount('SIGUSR2'))
    expect(heard).to.deep.equal([1, 2, 1, 1])
    process.removeAllListeners('SIGUSR2')
  })

  it('is not asked where no one can answer, and its journal does not say that it waits', async () => {
    expect((await failure(waits({ means: undefined }))).message).to.contain('there is nobody to ask')
    expect(told).to.deep.equal([])
  })

  it('takes no names that lead elsewhere', () => {
    expect(() => answer('../../other/x')).to.throw('no such name')
    expect(() => answer('0123456789abcdef', { run: '../x' })).to.throw('no such name')
  })
})
