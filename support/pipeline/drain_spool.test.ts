import { mkdirSync, readFileSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import fc from 'fast-check'
import type { RepositorySettings } from '../config/pipeline_setting'
import { LockstepError } from '../system/errors'
import { Scratch } from '../testing/scratch'
import { reasonOf } from '../testing/failure'
import { drainSpool } from './drain_spool'
import type { PipelineEvent, RecordedPipelineEvent } from './events'
import { parseSpooled } from './parse_spooled'
import { PipelineState } from './pipeline_state'
import { Receiver, type PipelineLog } from './receive'
import { Spool } from './spool'

const A = 'a'.repeat(40)
const B = 'b'.repeat(40)
const NONE = '0'.repeat(40)
const WEBSITE: RepositorySettings = {
  name: 'website',
  url: '/srv/git/website.git',
  branches: ['main'],
  tags: [],
  triggers: [{ kind: 'hook' }],
  build: undefined,
}

function spooled(...lines: string[]): string {
  return `lockstep/push/1\nrepository website\nby alice\n\n${lines.map((line) => `${line}\n`).join('')}end\n`
}

/** A log in memory, whose disk is full from the event on that `room` says. */
class MemoryLog implements PipelineLog {
  state = new PipelineState()
  readonly events: RecordedPipelineEvent[] = []
  constructor(public room = Infinity) {}

  async append(event: PipelineEvent): Promise<RecordedPipelineEvent> {
    if (this.events.length >= this.room) throw new LockstepError('journal-failed', 'the disk is full')
    const recorded = { ...event, at: '2026-01-01T00:00:00.000Z' }
    this.events.push(recorded)
    this.state.apply(recorded)
    return recorded
  }
}

describe('the spool of hooks', () => {
  let scratch: Scratch
  let spool: Spool
  beforeEach(() => {
    scratch = new Scratch()
    spool = new Spool(join(scratch.path, 'spool'))
    spool.prepare()
  })
  afterEach(() => scratch.remove())

  const leave = (name: string, text: string) => writeFileSync(join(spool.path, 'new', name), text)
  const drain = (log: PipelineLog) => drainSpool(spool, [WEBSITE], new Receiver(log))

  it('is emptied into the journal, the oldest push first', async () => {
    leave('2', spooled(`${A} ${B} refs/heads/main`))
    leave('1', spooled(`${NONE} ${A} refs/heads/main`))
    const log = new MemoryLog()
    expect((await drain(log)).map(({ name, became }) => [name, became])).to.deep.equal([
      ['1', 'taken'],
      ['2', 'taken'],
    ])
    expect(log.events.map((event) => event.type === 'push taken' && event.changes[0]?.after)).to.deep.equal([
      A,
      B,
    ])
    expect(spool.waiting()).to.deep.equal([])
  })

  it('refuses refs of a Subversion repository, which has none', async () => {
    leave('1', spooled(`${NONE} ${A} refs/heads/main`))
    const svn = { address: 'svn://host/website', layout: 'standard' } as const
    const log = new MemoryLog()
    const [drained] = await drainSpool(spool, [{ ...WEBSITE, svn }], new Receiver(log))
    expect(drained).to.deep.include({
      became: 'refused',
      why: 'is of website, a Subversion repository: its hook leaves revisions, and no refs',
    })
    expect(log.events).to.deep.equal([])
  })

  it('keeps a push that the journal has no room for, and gives it later', async () => {
    leave('1', spooled(`${NONE} ${A} refs/heads/main`))
    const log = new MemoryLog(0)
    expect(await reasonOf(drain(log))).to.equal('the disk is full')
    expect(spool.waiting()).to.deep.equal(['1'])
    log.room = 1
    await drain(log)
    expect(log.events).to.have.lengthOf(1)
  })

  it('gives a push once, also when a kill left it there', async () => {
    const text = spooled(`${NONE} ${A} refs/heads/main`)
    const log = new MemoryLog()
    for (const became of ['taken', 'known']) {
      leave('1', text)
      expect((await drain(log)).map((each) => each.became)).to.deep.equal([became])
    }
    leave('2', text)
    expect((await drain(log)).map((each) => each.became)).to.deep.equal(['taken'])
  })

  const wrong: [string, string, string][] = [
    ['nothing', '', 'begins with ""; expected lockstep/push/1'],
    ['another form', 'lockstep/push/2\n\nend\n', 'begins with "lockstep/push/2"; expected lockstep/push/1'],
    ['no repository', `lockstep/push/1\nby x\n\n${NONE} ${A} refs/heads/main\nend\n`, 'names no repository'],
    [
      'no end',
      spooled(`${NONE} ${A} refs/heads/main`).slice(0, -4),
      'is not whole: its last line is not there',
    ],
    ['no ref', spooled(), 'has no ref'],
    [
      'ids that are none',
      spooled(`${NONE} HEAD refs/heads/main`),
      `has the line "${NONE} HEAD refs/heads/main"; expected: old id, new id, ref`,
    ],
    [
      'a name that is too long',
      spooled(`${NONE} ${A} refs/${'x'.repeat(2_000)}`),
      'expected: old id, new id, ref',
    ],
    [
      'a repository that is not ours',
      spooled(`${NONE} ${A} refs/heads/main`).replace('website', 'shop'),
      'is of the repository "shop"; lockstep.yaml has: website',
    ],
  ]
  for (const [what, text, why] of wrong)
    it(`puts aside a push with ${what}, with the reason`, async () => {
      leave('1', text)
      leave('2', spooled(`${NONE} ${A} refs/heads/main`))
      const [refused, taken] = await drain(new MemoryLog())
      expect(refused).to.include({ name: '1', became: 'refused' })
      expect(refused?.became === 'refused' && refused.why).to.contain(why)
      expect(taken?.became).to.equal('taken')
      expect(spool.countRefused()).to.equal(1)
    })

  it('puts aside what is no file, and follows no link', async () => {
    const secret = scratch.write('secret', 'sesame')
    mkdirSync(join(spool.path, 'new', 'folder'))
    symlinkSync(secret, join(spool.path, 'new', 'link'))
    const drained = await drain(new MemoryLog())
    expect(drained.map(({ became }) => became)).to.deep.equal(['refused', 'refused'])
    expect(JSON.stringify(drained)).not.to.contain('sesame')
  })

  it('writes no reason where another user has left a link', async () => {
    const precious = scratch.write('precious', 'of serve alone')
    symlinkSync(precious, join(spool.path, 'refused', '1.why'))
    leave('1', 'no push')
    expect((await drain(new MemoryLog())).map(({ became }) => became)).to.deep.equal(['refused'])
    expect(readFileSync(precious, 'utf8')).to.equal('of serve alone')
    expect(readFileSync(join(spool.path, 'refused', '1.why'), 'utf8')).to.contain('begins with "no push"')
  })

  it('takes the others where one cannot be moved aside', async () => {
    mkdirSync(join(spool.path, 'refused', '1'))
    leave('1', 'no push')
    const long = '2'.repeat(255)
    leave(long, 'no push')
    leave('3', spooled(`${NONE} ${A} refs/heads/main`))
    const drained = await drain(new MemoryLog())
    expect(drained.map(({ became }) => became)).to.deep.equal(['refused', 'stuck', 'taken'])
    expect(spool.waiting()).to.deep.equal([long])
    expect(readFileSync(join(spool.path, 'refused', '1~2'), 'utf8')).to.equal('no push')
  })

  it('reads no more of a file than a push may have', async () => {
    leave('1', '')
    truncateSync(join(spool.path, 'new', '1'), 64 * 1024 * 1024)
    const before = process.memoryUsage().arrayBuffers
    const [refused] = await drain(new MemoryLog())
    expect(refused?.became === 'refused' && refused.why).to.contain('it has 67108864 bytes')
    expect(process.memoryUsage().arrayBuffers - before).to.be.below(32 * 1024 * 1024)
  })

  it('finds what a hook has left that was killed before its end', async () => {
    const written = Date.now()
    const half = spooled(`${NONE} ${A} refs/heads/main`).slice(0, -4)
    for (const [name, text] of [
      ['1', spooled(`${NONE} ${A} refs/heads/main`)],
      ['2', half],
    ] as const)
      writeFileSync(join(spool.path, 'tmp', name), text)
    spool.recover(written)
    expect(spool.waiting()).to.deep.equal([])
    spool.recover(written + 3_600_000)
    expect((await drain(new MemoryLog())).map(({ became }) => became)).to.deep.equal(['taken', 'refused'])
  })

  it('is not taken for empty where it is not there, as one that is misspelt', async () => {
    const other = new Spool(join(scratch.path, 'spol'))
    const drained = drainSpool(other, [WEBSITE], new Receiver(new MemoryLog()))
    expect(await reasonOf(drained)).to.match(/spol cannot be used: ENOENT.*; run lockstep hook --install/)
  })

  it('reads any text as a push or a reason, and never half a push', () => {
    const whole = spooled(`${NONE} ${A} refs/heads/main`, `${A} ${B} refs/heads/end`)
    fc.assert(
      fc.property(fc.nat(whole.length - 1), (length) => 'fault' in parseSpooled(whole.slice(0, length))),
    )
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const read = parseSpooled(`lockstep/push/1\nrepository website\n\n${text}`)
        return 'fault' in read || text.endsWith('\nend\n')
      }),
    )
  })
})
