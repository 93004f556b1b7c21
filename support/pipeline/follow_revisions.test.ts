import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { FakeClock } from '../testing/fake_clock'
import { MemoryPipelineLog } from '../testing/memory_pipeline_log'
import { Scratch } from '../testing/scratch'
import { RevisionFollower } from './follow_revisions'
import type { Fetched } from './mirror'
import { Receiver } from './receive'
import { openRevisions, type Spool } from './spool'
import type { Moved, Taking } from './svn_mirror'

const text = (revision: number | string, repository = 'website') =>
  `lockstep/revision/1\nrepository ${repository}\nby ann\n\nr${revision}\nend\n`

describe('the revisions that the hook of a Subversion repository leaves', () => {
  let scratch: Scratch
  let spool: Spool
  let clock: FakeClock
  let log: MemoryPipelineLog
  let asked: Taking[]
  let troubles: string[]
  let answer: (taking: Taking) => Fetched
  const { signal } = new AbortController()
  beforeEach(() => {
    scratch = new Scratch()
    spool = openRevisions(scratch.path)
    spool.prepare()
    clock = new FakeClock()
    log = new MemoryPipelineLog()
    asked = []
    troubles = []
    answer = () => ({ kind: 'fetched' })
  })
  afterEach(() => scratch.remove())

  const leave = (name: string, content: string) => writeFileSync(join(spool.path, 'new', name), content)
  /** The mirror has its own tests on a real repository: here, each revision moves the trunk to a commit of its number. */
  const advance = async (taking: Taking, take: (moved: Moved) => Promise<void>): Promise<Fetched> => {
    asked.push(taking)
    const answered = answer(taking)
    const after = String(taking.revision % 10).repeat(40)
    if (answered.kind === 'fetched')
      await take({ ...taking, changes: [{ ref: 'refs/heads/trunk', before: null, after }] })
    return answered
  }
  const pass = async (ms: number) => {
    clock.after(ms, () => {})
    await clock.next()
  }
  const follower = () =>
    new RevisionFollower({
      repository: 'website',
      names: ['website', 'other'],
      mirror: { advance },
      spool,
      receiver: new Receiver(log),
      clock,
      onTrouble: (sentence) => troubles.push(sentence),
    })

  it('are taken from the lowest to the highest, each once, and no file stays', async () => {
    leave('1', text(12))
    leave('2', text(9))
    leave('3', text(9))
    const following = follower()
    await following.look(signal)
    expect(asked).to.deep.equal([
      { revision: 9, by: 'ann' },
      { revision: 12, by: 'ann' },
    ])
    expect(spool.waiting()).to.deep.equal([])
    leave('4', text(12))
    await following.look(signal)
    expect(log.added.map(({ type }) => type)).to.deep.equal(['push taken', 'push taken'])
    expect(troubles).to.deep.equal([])
  })

  it('wait while the repository is away, and are taken in their order afterwards', async () => {
    leave('1', text(3))
    leave('2', text(4))
    answer = () => ({ kind: 'away', why: 'E170013: no route' })
    const following = follower()
    await following.look(signal)
    await following.look(signal)
    expect(asked).to.have.length(1)
    expect(spool.waiting()).to.have.length(2)
    expect(troubles).to.deep.equal([
      'the Subversion repository website cannot be followed: E170013: no route; it is asked again in 1 s',
    ])
    answer = () => ({ kind: 'fetched' })
    await pass(1_000)
    await following.look(signal)
    expect(asked.map(({ revision }) => revision)).to.deep.equal([3, 3, 4])
    expect(spool.waiting()).to.deep.equal([])
  })

  it('lie aside where they cannot be read, with the reason; those of another repository stay', async () => {
    const faults: [string, RegExp][] = [
      [
        text(1, 'unknown'),
        /^is of the repository "unknown"; lockstep\.yaml has of Subversion: website, other/,
      ],
      [text('0'), /^has "r0\\nend\\n"; expected a revision, such as r17, and end/],
      [text('9999999999'), /^has "r9999999999/],
      [text('1 --x'), /^has "r1 --x/],
      [text(1).replace('end\n', ''), /^has "r1\\n"/],
      ['lockstep/push/1\n', /^begins with "lockstep\/push\/1"; expected lockstep\/revision\/1/],
      [text(1, ''), /^names no repository/],
      ['x'.repeat(5_000), /^cannot be read: /],
    ]
    faults.forEach(([content], index) => leave(`bad${index}`, content))
    leave('other', text(1, 'other'))
    await follower().look(signal)
    expect(spool.waiting()).to.deep.equal(['other'])
    expect(asked).to.deep.equal([])
    faults.forEach(([, why], index) =>
      expect(readFileSync(join(spool.path, 'refused', `bad${index}.why`), 'utf8')).to.match(why),
    )
    expect(troubles).to.have.length(faults.length)
  })

  it('stay where the journal fails, and that ends the process', async () => {
    leave('1', text(3))
    log = new MemoryPipelineLog([], 0)
    const failure = await follower()
      .look(signal)
      .catch((error: unknown) => error)
    expect(failure).to.be.instanceOf(Error)
    expect(readdirSync(join(spool.path, 'new'))).to.deep.equal(['1'])
  })

  it('are said once to be missing where no hook was installed', async () => {
    const following = new RevisionFollower({
      repository: 'website',
      names: ['website'],
      mirror: { advance },
      spool: openRevisions(join(scratch.path, 'nowhere')),
      receiver: new Receiver(log),
      clock,
      onTrouble: (sentence) => troubles.push(sentence),
    })
    await following.look(signal)
    await pass(60_000)
    await following.look(signal)
    expect(troubles).to.have.length(1)
    expect(troubles[0]).to.contain('run lockstep hook --install <Subversion repository>')
  })
})
