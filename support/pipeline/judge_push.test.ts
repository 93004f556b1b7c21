import { expect } from 'chai'
import type { RepositorySettings } from '../config/pipeline_setting'
import { FakeClock } from '../testing/fake_clock'
import { MemoryPipelineLog } from '../testing/memory_pipeline_log'
import { PushJudge } from './judge_push'
import type { Fetched, Located } from './mirror'

const MAIN = 'refs/heads/main'
const [A, B] = ['a'.repeat(40), 'b'.repeat(40)]

describe('a push that was told', () => {
  const { signal } = new AbortController()
  let log: MemoryPipelineLog
  let clock: FakeClock
  let fetched: Fetched
  let located: (ref: string, after: string) => Located
  let asked: string[]
  let during: () => Promise<void>
  let troubles: string[]

  beforeEach(() => {
    log = new MemoryPipelineLog()
    clock = new FakeClock()
    fetched = { kind: 'fetched' }
    located = (_, commit) => ({ kind: 'there', commit })
    asked = []
    during = async () => {}
    troubles = []
  })

  const judge = (more: Partial<RepositorySettings> = {}) =>
    new PushJudge({
      repository: {
        name: 'website',
        url: '/srv/git/website.git',
        branches: ['main'],
        tags: ['v*'],
        triggers: [],
        build: { kind: 'command', command: ['make'], within: 1_000, environment: [] },
        ...more,
      },
      source: {
        fetch: async () => {
          asked.push('fetch')
          await during()
          return fetched
        },
        locate: async (ref, after) => {
          asked.push(`${ref} ${after.slice(0, 1)}`)
          return located(ref, after)
        },
        checkOut: async () => ({ kind: 'ready' }),
      },
      log,
      clock,
      onAway: (name, why, pause) => troubles.push(`${name} ${why} ${pause}`),
    })
  const after = (ms: number) => {
    clock.after(ms, () => {})
    return clock.next()
  }
  const fates = () =>
    [...log.state.deliveries.values()].flatMap(({ changes }) =>
      changes.map(({ state, why }) => (why === null ? state : `${state}: ${why}`)),
    )

  it('is a commit to build once the repository shows it', async () => {
    await log.take('d1', MAIN, A)
    expect(await judge().look(signal)).to.equal(undefined)
    expect(fates()).to.deep.equal(['seen'])
    expect(log.state.commits).to.have.length(1)
    expect(log.state.commits[0]).to.deep.include({
      repository: 'website',
      commit: A,
      refs: [MAIN],
      seenAt: new Date(0).toISOString(),
      isToBuild: true,
      isAskedFor: false,
      build: undefined,
    })
  })

  it('is a commit that nothing is built of where no command is configured', async () => {
    await log.take('d1', MAIN, A)
    await judge({ build: undefined }).look(signal)
    expect(log.state.commit('website', A)?.isToBuild).to.equal(false)
  })

  it('counts by the commit of an annotated tag', async () => {
    located = () => ({ kind: 'there', commit: B })
    await log.take('d1', 'refs/tags/v1', A)
    await judge().look(signal)
    expect(fates()).to.deep.equal(['seen'])
    expect(log.state.commits.map(({ commit }) => commit)).to.deep.equal([B])
  })

  for (const [ref, to, why] of [
    ['refs/heads/other', A, 'the branch other starts nothing: no glob of branches or tags fits it'],
    ['refs/tags/x1', A, 'the tag x1 starts nothing: no glob of branches or tags fits it'],
    ['refs/pull/1/head', A, 'refs/pull/1/head starts nothing: no glob of branches or tags fits it'],
    [MAIN, null, 'the branch main was removed'],
    [MAIN, '0'.repeat(40), `"${'0'.repeat(40)}" is no id of a commit`],
    [MAIN, '--output=/etc/passwd', '"--output=/etc/passwd" is no id of a commit'],
    [MAIN, 'HEAD', '"HEAD" is no id of a commit'],
    ['refs/heads/a b', A, '"refs/heads/a b" is no name of a branch or tag'],
    ['--upload-pack=touch /tmp/x', A, '"--upload-pack=touch /tmp/x" is no name of a branch or tag'],
    ['refs/heads/../../main', A, '"refs/heads/../../main" is no name of a branch or tag'],
    ['refs/heads/\u001b[2Jmain', A, String.raw`"refs/heads/\u001b[2Jmain" is no name of a branch or tag`],
    ['', A, '"" is no name of a branch or tag'],
  ] as const)
    it(`comes to nothing without a look at the server: ${JSON.stringify(ref)} at ${to}`, async () => {
      await log.take('d1', ref, to)
      expect(await judge().look(signal)).to.equal(undefined)
      expect(fates()).to.deep.equal([`passed over: ${why}`])
      expect(asked).to.deep.equal([])
    })

  it('is cut where a hostile name is very long', async () => {
    await log.take('d1', `refs/heads/${'x'.repeat(1_000_000)}`, A)
    await judge().look(signal)
    expect(fates()[0]?.length).to.be.lessThan(150)
  })

  it('waits while the server is away, longer each time, and is taken when it is back', async () => {
    fetched = { kind: 'away', why: 'no route' }
    await log.take('d1', MAIN, A)
    const one = judge()
    const pauses: (number | undefined)[] = []
    for (let tries = 0; tries < 8; tries += 1) {
      const pause = await one.look(signal)
      pauses.push(pause)
      // A wake-up in between does not ask the server again.
      expect(await one.look(signal)).to.equal(pause)
      await after(pause ?? 0)
    }
    expect(pauses).to.deep.equal([1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000])
    expect(troubles[0]).to.equal('website no route 1000')
    expect(asked).to.have.length(8)
    expect(fates()).to.deep.equal(['waiting'])
    fetched = { kind: 'fetched' }
    await one.look(signal)
    expect(fates()).to.deep.equal(['seen'])
  })

  it('is passed over only when the repository says no twice, some time apart', async () => {
    located = () => ({ kind: 'elsewhere', why: 'the branch main is at 111 now' })
    await log.take('d1', MAIN, A)
    const one = judge()
    expect(await one.look(signal)).to.equal(20_000)
    await after(5_000)
    expect(await one.look(signal)).to.equal(15_000)
    expect(fates()).to.deep.equal(['waiting'])
    await after(15_000)
    expect(await one.look(signal)).to.equal(undefined)
    expect(fates()).to.deep.equal(['passed over: the branch main is at 111 now'])
  })

  it('is taken where a server shows it late', async () => {
    located = () => ({ kind: 'elsewhere', why: 'not yet' })
    await log.take('d1', MAIN, A)
    const one = judge()
    await one.look(signal)
    located = (_, commit) => ({ kind: 'there', commit })
    await after(20_000)
    await one.look(signal)
    expect(fates()).to.deep.equal(['seen'])
  })

  it('waits where the repository could not be read', async () => {
    located = () => ({ kind: 'unknown', why: 'bad object' })
    await log.take('d1', MAIN, A)
    expect(await judge().look(signal)).to.equal(1_000)
    expect(fates()).to.deep.equal(['waiting'])
  })

  it('is not judged by what was fetched before it was told', async () => {
    located = (_, commit) => (commit === A ? { kind: 'there', commit } : { kind: 'elsewhere', why: 'old' })
    await log.take('d1', MAIN, A)
    during = () => log.take('d2', MAIN, B)
    expect(await judge().look(signal)).to.equal(0)
    expect(asked).to.deep.equal(['fetch', `${MAIN} a`])
    expect(fates()).to.deep.equal(['seen', 'waiting'])
  })

  it('of several commits on one ref is settled commit by commit', async () => {
    await log.append({
      type: 'push taken',
      delivery: 'd1',
      repository: 'website',
      teller: 'hook',
      by: null,
      changes: [
        { ref: MAIN, before: null, after: A },
        { ref: MAIN, before: A, after: B },
        { ref: MAIN, before: B, after: null },
      ],
    })
    await judge().look(signal)
    expect(fates()).to.deep.equal(['seen', 'seen', 'passed over: the branch main was removed'])
    expect(log.state.commits.map(({ commit }) => commit)).to.deep.equal([A, B])
  })

  it('of another repository is none of its business', async () => {
    await log.take('d1', MAIN, A, 'other')
    expect(await judge().look(signal)).to.equal(undefined)
    expect(fates()).to.deep.equal(['waiting'])
  })

  it('is left waiting when the process ends', async () => {
    const ended = new AbortController()
    located = () => {
      ended.abort()
      return { kind: 'elsewhere', why: 'git was ended' }
    }
    await log.take('d1', MAIN, A)
    await judge().look(ended.signal)
    expect(fates()).to.deep.equal(['waiting'])
  })
})
