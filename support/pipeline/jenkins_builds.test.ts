import { expect } from 'chai'
import { FakeClock } from '../testing/fake_clock'
import { FakeJenkins } from '../testing/fake_jenkins'
import { Killed, MemoryPipelineLog } from '../testing/memory_pipeline_log'
import { A, B, seen } from '../testing/pipeline_events'
import { testedAs } from './build_result'
import { Jenkins } from './jenkins'
import { JenkinsBuilds } from './jenkins_builds'

const PARAMETERS = ['PIPELINE_BUILD', 'PIPELINE_COMMIT', 'PIPELINE_REF', 'TARGET']
const JOB = 'our team/website'

describe('the builds of a Jenkins', () => {
  let fake: FakeJenkins
  let log: MemoryPipelineLog
  let clock: FakeClock
  let builds: JenkinsBuilds
  let troubles: string[]
  let ids: number
  beforeEach(async () => {
    fake = await FakeJenkins.start()
    fake.jobs.set(JOB, PARAMETERS)
    log = new MemoryPipelineLog()
    clock = new FakeClock()
    troubles = []
    ids = 0
    builds = open()
    await log.append(seen)
  })
  afterEach(() => fake.stop())

  const open = (token = fake.token, own = log) => {
    const { url, user } = fake
    const settings = {
      kind: 'jenkins',
      url,
      job: JOB,
      user,
      token,
      within: 7_200_000,
      parameters: { TARGET: 'x' },
    } as const
    return new JenkinsBuilds({
      repository: 'website',
      settings,
      jenkins: new Jenkins(settings, fetch),
      log: own,
      clock,
      newId: () => `b${(ids += 1)}`,
      onTrouble: (sentence) => troubles.push(sentence),
    })
  }
  const look = () => builds.look(new AbortController().signal)
  const later = async (ms: number) => {
    clock.after(ms, () => {})
    await clock.next()
  }
  const tested = (commit = A) => testedAs(log.state, 'website', commit)
  const why = () => log.state.commit('website', A)?.build?.why

  it('are started with the commit, followed through the queue, and judged by their result', async () => {
    expect(await look()).to.equal(5_000)
    expect(fake.last).to.deep.include({
      job: JOB,
      parameters: [
        { name: 'PIPELINE_BUILD', value: 'b1' },
        { name: 'PIPELINE_COMMIT', value: A },
        { name: 'PIPELINE_REF', value: 'refs/heads/main' },
        { name: 'TARGET', value: 'x' },
      ],
    })
    expect(tested()).to.equal('running')
    fake.begin()
    await look()
    fake.end('SUCCESS', { revisions: [A] })
    expect(await look()).to.equal(undefined)
    expect(tested()).to.equal('passed')
    expect(log.state.commit('website', A)?.build?.elsewhere).to.deep.equal({
      ci: 'jenkins',
      build: '1',
      url: `${fake.url}/job/our%20team/job/website/1/`,
    })
    expect(fake.entries).to.have.length(1)
  })

  for (const result of ['UNSTABLE', 'FAILURE', 'ABORTED', 'NOT_BUILT', 'success', ''])
    it(`that end as ${JSON.stringify(result)} are no success`, async () => {
      await look()
      fake.end(result, { revisions: [A] })
      await look()
      expect(tested()).to.equal('failed')
      expect(why()).to.equal(`our team/website ended as ${result}`)
    })

  it('are no success where the job has built another commit, or does not say which', async () => {
    await look()
    fake.end('SUCCESS', { revisions: [B] })
    await look()
    expect(why()).to.match(
      /has tested bbbbbbbbbbbb and not aaaaaaaaaaaa: let it check out \$PIPELINE_COMMIT$/,
    )
    for (const lacks of ['PIPELINE_COMMIT', 'PIPELINE_BUILD']) {
      fake.jobs.set(
        JOB,
        PARAMETERS.filter((name) => name !== lacks),
      )
      await log.append({ type: 'build asked for', repository: 'website', commit: A, by: null })
      await look()
      fake.end('SUCCESS', { revisions: [A] })
      await look()
      expect(tested()).to.equal('failed')
      expect(why()).to.match(/has no parameters PIPELINE_BUILD and PIPELINE_COMMIT/)
    }
  })

  it('of a job without git are believed by their parameters; libraries beside the commit do no harm', async () => {
    await look()
    fake.end('SUCCESS')
    await look()
    expect(tested()).to.equal('passed')
    await log.append({ ...seen, commit: B, after: B })
    await look()
    fake.end('SUCCESS', { revisions: ['c'.repeat(40), B] })
    await look()
    expect(tested(B)).to.equal('passed')
  })

  it('that are cancelled in the queue, or removed, have failed', async () => {
    await look()
    fake.last.isCancelled = true
    await look()
    expect(why()).to.match(/was cancelled in the queue of Jenkins$/)
    await log.append({ type: 'build asked for', repository: 'website', commit: A, by: null })
    await look()
    fake.begin()
    await look()
    fake.entries.pop()
    await look()
    expect(why()).to.match(/was removed from Jenkins/)
  })

  it('wait for a job that may not be seen for a while, as Jenkins then says what it says of one without builds', async () => {
    await look()
    fake.begin()
    await look()
    fake.jobs.delete(JOB)
    await look()
    expect(tested()).to.equal('running')
    expect(troubles.join()).to.match(/has no job our team\/website that lockstep may see/)
    fake.jobs.set(JOB, PARAMETERS)
    fake.end('SUCCESS', { revisions: [A] })
    await later(60_000)
    await look()
    expect(tested()).to.equal('passed')
  })

  it('wait while something answers without an end, and read no more than a part', async () => {
    await look()
    fake.isEndless = true
    await look()
    expect(troubles.join()).to.match(/Jenkins has answered with more than 16 MB; it is asked again$/)
    expect(tested()).to.equal('running')
  })

  it('are found again when the queue has forgotten them', async () => {
    await look()
    fake.begin()
    fake.last.isForgotten = true
    fake.end('SUCCESS', { revisions: [A] })
    await look()
    expect(tested()).to.equal('passed')
  })

  it('are started once, however often the process is killed', async () => {
    for (const killedAfter of [1, 2, 1, 1, 2, 3]) {
      const cut = new MemoryPipelineLog(log.events, killedAfter)
      await open(fake.token, cut)
        .look(new AbortController().signal)
        .catch((error: unknown) => {
          if (!(error instanceof Killed)) throw error
        })
      log = new MemoryPipelineLog(log.events)
    }
    builds = open()
    for (let times = 0; times < 10 && fake.entries.length === 0; times += 1) {
      await look()
      await later(30_000)
    }
    await look()
    expect(fake.entries).to.have.length(1)
    fake.end('SUCCESS', { revisions: [A] })
    log = new MemoryPipelineLog(log.events)
    builds = open()
    await look()
    expect(tested()).to.equal('passed')
    expect(fake.entries).to.have.length(1)
  })

  it('whose start got no answer are looked for, in the queue and among builds', async () => {
    for (const isBegun of [false, true]) {
      fake.isCutOff = true
      await look()
      const count = fake.entries.length
      if (isBegun) fake.begin()
      fake.isCutOff = false
      await later(5_000)
      await look()
      fake.end('SUCCESS', { revisions: [A] })
      await look()
      expect(tested()).to.equal('passed')
      expect(fake.entries).to.have.length(count)
      await log.append({ type: 'build asked for', repository: 'website', commit: A, by: null })
    }
  })

  it('wait while Jenkins is away, for days, and have not failed', async () => {
    await look()
    fake.broken = 503
    await look()
    await later(20_000_000)
    await look()
    expect(tested()).to.equal('running')
    expect(troubles).to.deep.equal([
      'commits of website wait for their tests: Jenkins has answered 503; it is asked again',
    ])
    fake.broken = undefined
    await later(60_000)
    expect(await look()).to.equal(5_000)
    fake.end('SUCCESS', { revisions: [A] })
    await look()
    expect(tested()).to.equal('passed')
  })

  it('without a result within the time have failed', async () => {
    await look()
    await later(7_200_000)
    await look()
    expect(why()).to.match(/has no result within 2 h$/)
  })

  it('that are refused say once what mends it', async () => {
    const told = async (status: number) => {
      fake.broken = status
      builds = open()
      await look()
      await later(60_000)
      await look()
      return troubles.splice(0).join()
    }
    expect(await told(403)).to.match(/does not let lockstep do this: give it Overall\/Read/)
    expect(await told(404)).to.match(/has no job our team\/website that lockstep may see/)
    expect(await told(302)).to.match(/has answered 302, and no redirect is followed: is the address right\?/)
    fake.broken = undefined
    builds = open('another token')
    await look()
    expect(troubles.join()).to.match(/does not know lockstep by this token: make a new API token/)
    expect(troubles.join()).not.to.include('another token')
    expect(tested()).to.equal('running')
  })

  it('are followed at the configured address alone', async () => {
    const other = await FakeJenkins.start()
    fake.ownUrl = other.url
    await look()
    fake.begin()
    await look()
    fake.end('SUCCESS', { revisions: [A] })
    await look()
    expect(tested()).to.equal('passed')
    expect(other.requests).to.deep.equal([])
    await other.stop()
  })
})
