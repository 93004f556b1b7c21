import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { FakeClock } from '../testing/fake_clock'
import { Killed, MemoryPipelineLog } from '../testing/memory_pipeline_log'
import { Scratch } from '../testing/scratch'
import { drainAnnouncements } from './drain_announcements'
import { Refresher } from './refresher'
import { openAnnouncements, type Spool } from './spool'

const APT = [{ name: 'apt' }]
const text = (line: string, repository = 'apt') =>
  `lockstep/packages/1\nrepository ${repository}\nby ann\n\n${line}\nend\n`

describe('the spool of announcements', () => {
  let scratch: Scratch
  let spool: Spool
  beforeEach(() => {
    scratch = new Scratch()
    spool = openAnnouncements(scratch.path)
    spool.prepare()
  })
  afterEach(() => scratch.remove())

  const leave = (name: string, content: string) => writeFileSync(join(spool.path, 'new', name), content)

  it('is taken in its order, and each announcement once, also where its file stays', async () => {
    const log = new MemoryPipelineLog()
    leave('2', text('add stable deb main all mywebapp 2.0'))
    leave('1', text('add stable deb main all mywebapp 1.0'))
    expect((await drainAnnouncements(spool, APT, log)).map(({ became }) => became)).to.deep.equal([
      'taken',
      'taken',
    ])
    expect(log.state.announced.wanted('apt', 'test')?.packages).to.deep.equal([
      { name: 'mywebapp', version: '2.0' },
    ])
    leave('2', text('add stable deb main all mywebapp 2.0'))
    expect((await drainAnnouncements(spool, APT, log)).map(({ became }) => became)).to.deep.equal(['known'])
    expect(log.added).to.have.length(2)
    expect(readdirSync(join(spool.path, 'new'))).to.deep.equal([])
  })

  it('has what cannot be taken lie aside, with the reason', async () => {
    const log = new MemoryPipelineLog()
    leave('1', text('add stable deb main all -x 1.0'))
    leave('2', text('add stable deb main all mywebapp 1.0', 'other'))
    leave('3', text('\n'.repeat(5_000_000)))
    const drained = await drainAnnouncements(spool, APT, log)
    expect(drained.map(({ became }) => became)).to.deep.equal(['refused', 'refused', 'refused'])
    expect(log.added).to.deep.equal([])
    const why = (name: string) => readFileSync(join(spool.path, 'refused', `${name}.why`), 'utf8')
    expect(why('1')).to.contain('has the line')
    expect(why('3')).to.contain('at most 4194304 are read')
    expect(why('2')).to.contain('pipeline.packages of lockstep.yaml has: apt')
  })

  it('is passed over where nothing of it is of a distribution of the hosts', async () => {
    const log = new MemoryPipelineLog()
    leave('1', text('add testing deb main all mywebapp 2.0'))
    leave('2', text('add testing deb main all mywebapp 3.0\nadd stable deb main all mywebapp 1.0'))
    const known = [{ name: 'apt', distributions: ['stable'] }]
    expect((await drainAnnouncements(spool, known, log)).map(({ became }) => became)).to.deep.equal([
      'passed over',
      'taken',
    ])
    expect(log.state.announced.wanted('apt', 'test')?.packages).to.deep.equal([
      { name: 'mywebapp', version: '1.0' },
    ])
    expect(readdirSync(join(spool.path, 'new'))).to.deep.equal([])
  })

  it('loses no announcement and asks until all have it, at whichever event the process is killed', async () => {
    for (let killedAfter = 0; killedAfter <= 5; killedAfter += 1) {
      for (const version of ['1.0', '2.0'])
        leave(`${killedAfter}-${version}`, text(`add stable deb main all mywebapp ${version}`))
      const first = new MemoryPipelineLog([], killedAfter)
      await live(first).catch((error: unknown) => expect(error).to.be.instanceOf(Killed))
      const second = new MemoryPipelineLog(first.events)
      await live(second)
      const announced = second.events.filter(({ type }) => type === 'packages announced')
      expect(announced, `killed after ${killedAfter}`).to.have.length(2)
      expect(second.state.announced.wanted('apt', 'test')).to.equal(undefined)
      expect(existsSync(join(spool.path, 'new', `${killedAfter}-1.0`))).to.equal(false)
    }
  })

  async function live(log: MemoryPipelineLog): Promise<void> {
    await drainAnnouncements(spool, APT, log)
    const clock = new FakeClock()
    const has = new Map<string, string>()
    const refresher = new Refresher({
      repository: 'apt',
      environment: 'test',
      hostClass: 'roles::base',
      log,
      fleets: {
        async refresh({ packages }) {
          // The second host comes by the second round.
          const missing = new Map(has.size === 0 ? [['web2', 'no answer']] : [])
          for (const { name, version } of packages) has.set(name, version)
          return {
            kind: 'asked',
            has: missing.size === 0 ? ['web1', 'web2'] : ['web1'],
            missing,
            remarks: [],
          }
        },
      },
      clock,
      onTrouble: () => {},
    })
    const { signal } = new AbortController()
    for (let rest = await refresher.look(signal); rest !== undefined; rest = await refresher.look(signal)) {
      clock.after(rest, () => {})
      await clock.next()
    }
    expect(has.get('mywebapp') ?? '2.0').to.equal('2.0')
  }
})
