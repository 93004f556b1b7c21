import { expect } from 'chai'
import fc from 'fast-check'
import { FakeClock } from '../testing/fake_clock'
import { MemoryPipelineLog } from '../testing/memory_pipeline_log'
import { A, B, seen } from '../testing/pipeline_events'
import { testedAs } from './build_result'
import type { Reported } from './ci_report'
import { formatEvent } from './format_event'
import { formatPipeline } from './format_pipeline'
import { accountsOf } from './pipeline_account'
import { ReportReceiver } from './receive_reports'
import { ReportJudge } from './report_judge'

const WITHIN_MS = 7_200_000

describe('the reports of another CI', () => {
  let log: MemoryPipelineLog
  let clock: FakeClock
  let judge: ReportJudge
  let ids: number
  beforeEach(() => {
    log = new MemoryPipelineLog()
    clock = new FakeClock()
    ids = 0
    judge = open()
  })

  const settings = { kind: 'reports', secret: 'a secret of the CI', within: WITHIN_MS } as const
  const open = () => new ReportJudge({ repository: 'website', settings, log, clock })
  const look = () => judge.look(new AbortController().signal)
  /** Takes a report, as the path of reports does. */
  const take = async (
    build: string,
    state: Reported,
    { second = 0, commit = A, repository = 'website' } = {},
  ) => {
    const at = new Date(second * 1_000).toISOString()
    const id = `${(ids += 1)}`
    const report = { id, at, repository, commit, build, state, url: `https://ci.example.net/${build}` }
    await new ReportReceiver(log).receive(report, Buffer.from(JSON.stringify(report)))
  }
  const report = async (build: string, state: Reported, second = 0) => {
    await take(build, state, { second })
    await look()
  }
  const tested = (commit = A) => testedAs(log.state, 'website', commit)
  const reasons = () => log.added.flatMap((each) => (each.type === 'report passed over' ? [each.why] : []))
  const shown = () =>
    formatPipeline(accountsOf(log.state), {
      spool: undefined,
      isServed: true,
      now: 0,
      outputOf: (build) => `the output of ${build}`,
      isFetchable: () => false,
      plansOf: () => [],
      rolloutsOf: () => [],
      isWhole: false,
    })

  it('carry a commit from its start to its result', async () => {
    await log.append(seen)
    expect(tested()).to.equal('not built')
    await report('12', 'started')
    expect(tested()).to.equal('running')
    await report('12', 'succeeded', 9)
    expect(tested()).to.equal('passed')
    expect(log.state.reports.of('website')).to.deep.equal([])
    expect(log.added.map((event) => formatEvent(event, log.state))).to.deep.equal([
      'website: the repository shows aaaaaaaaaaaa on the branch main',
      'website: its CI reports that build 12 of aaaaaaaaaaaa has started',
      'website: the tests of aaaaaaaaaaaa on the branch main begin as build 12 of its CI',
      'website: its CI reports that build 12 of aaaaaaaaaaaa has succeeded',
      'website: the tests of aaaaaaaaaaaa on the branch main passed in 0.0 s',
    ])
    expect(shown()).to.include('tests passed in 0.0 s, as build 12 of its CI\n')
  })

  it('say of a red build where it is, and count without a start', async () => {
    await log.append(seen)
    await report('12', 'failed')
    expect(tested()).to.equal('failed')
    expect(shown()).to.include(
      'tests FAILED: build 12 of its CI has failed\n      see https://ci.example.net/12\n',
    )
    await report('12', 'started')
    expect(tested()).to.equal('failed')
    expect(reasons()).to.deep.equal(['build 12 has begun already'])
  })

  it('wait for a commit that comes later, and no longer than they may', async () => {
    await take('12', 'started')
    await take('12', 'succeeded', { second: 1 })
    await take('13', 'succeeded', { commit: B })
    expect(await look()).to.equal(WITHIN_MS)
    expect(tested()).to.equal('not built')
    await log.append(seen)
    await look()
    expect(tested()).to.equal('passed')
    clock.after(WITHIN_MS, () => {})
    await clock.next()
    await look()
    expect(reasons().join()).to.match(/^the repository has not shown its commit, or no branch/)
    expect(log.state.reports.of('website')).to.deep.equal([])
    await log.append({ ...seen, commit: B, after: B })
    await look()
    expect(tested(B)).to.equal('not built')
  })

  it('fill no memory: of those without a commit, the oldest give way', async () => {
    for (let index = 0; index < 1_010; index += 1) await take(`${index}`, 'started', { commit: B })
    await look()
    expect(log.state.reports.of('website').map(({ build }) => build))
      .to.have.length(1_000)
      .and.not.include('9')
  })

  it('that do not come leave a commit untested, until they come', async () => {
    await log.append(seen)
    expect(await look()).to.equal(WITHIN_MS)
    clock.after(WITHIN_MS, () => {})
    await clock.next()
    expect(await look()).to.equal(undefined)
    expect(tested()).to.equal('not built')
    expect(shown()).to.include('not tested: no report within 2 h\n')
    await report('12', 'succeeded')
    expect(tested()).to.equal('passed')
    expect(shown()).to.include('tests passed').and.not.include('not tested')
  })

  it('of a start without a result make a commit red', async () => {
    await log.append(seen)
    await report('12', 'started')
    clock.after(WITHIN_MS, () => {})
    await clock.next()
    await look()
    expect(shown()).to.include('tests FAILED: no result within 2 h of the report of its start')
    await report('12', 'succeeded', 7_201)
    expect(tested()).to.equal('failed')
    await report('13', 'succeeded', 7_202)
    expect(tested()).to.equal('passed')
  })

  it('are not missed for the time in which lockstep serve was away', async () => {
    await log.append(seen)
    await report('12', 'started')
    clock.after(WITHIN_MS - 1, () => {})
    await clock.next()
    judge = open()
    expect(await look()).to.equal(WITHIN_MS)
    expect(tested()).to.equal('running')
  })

  it('of another commit, repository or build change nothing here', async () => {
    await log.append(seen)
    await log.append({ ...seen, commit: B, after: B })
    await report('12', 'failed')
    await take('12', 'succeeded', { commit: B, second: 9 })
    await take('12', 'succeeded', { repository: 'api', second: 9 })
    await look()
    expect([tested(A), tested(B)]).to.deep.equal(['failed', 'passed'])
    expect(log.state.reports.of('api')).to.have.length(1)
  })

  it('of a build that has failed are green only by another build, later', async () => {
    await log.append(seen)
    await report('12', 'failed', 5)
    await report('12', 'succeeded', 6)
    await report('11', 'succeeded', 4)
    await report('10', 'succeeded', 5)
    expect(tested()).to.equal('failed')
    expect(reasons()).to.deep.equal([
      'build 12 has failed already; a build that is run again needs another name',
      'build 11 succeeded no later than build 12 has failed',
      'build 10 succeeded no later than build 12 has failed',
    ])
    await report('13', 'started', 6)
    expect(tested()).to.equal('failed')
    await report('13', 'succeeded', 6)
    expect(tested()).to.equal('passed')
    await report('12', 'failed', 7)
    expect(tested()).to.equal('passed')
    await report('13', 'failed', 7)
    expect(tested()).to.equal('failed')
  })

  it('do not outweigh a later failure of the time when tests were a command', async () => {
    const at = (second: number) => new Date(second * 1_000).toISOString()
    const ofCommand = { build: 'b1', repository: 'website', commit: A }
    // The report waited for its commit while nobody judged reports.
    await take('12', 'succeeded', { second: 5 })
    log = new MemoryPipelineLog([
      ...log.events,
      { ...seen, at: at(8) },
      { ...ofCommand, type: 'build begun', at: at(8) },
      { type: 'build ended', build: 'b1', result: 'failed', why: 'it ended with 1', seconds: 1, at: at(9) },
    ])
    judge = open()
    await look()
    expect(tested()).to.equal('failed')
    expect(reasons()).to.deep.equal(['build 12 succeeded no later than build b1 has failed'])
    await report('13', 'succeeded', 10)
    expect(tested()).to.equal('passed')
  })

  it('are waited for anew where a commit without them is pushed again', async () => {
    const again = new Date(WITHIN_MS).toISOString()
    log = new MemoryPipelineLog([
      { ...seen, at: new Date(0).toISOString() },
      { type: 'commit gone', repository: 'website', commit: A, why: 'no report within 2 h', at: again },
      { ...seen, at: again },
    ])
    judge = open()
    clock.after(WITHIN_MS, () => {})
    await clock.next()
    expect(await look()).to.equal(WITHIN_MS)
    expect(shown()).not.to.include('no report within')
  })

  it('of two builds that race end red where one is red after the other', async () => {
    await log.append(seen)
    await report('1', 'started', 1)
    await report('2', 'started', 2)
    await report('2', 'succeeded', 3)
    await report('1', 'failed', 4)
    expect(tested()).to.equal('failed')
  })

  it('are green only by a success after every failure, in any order, with replays and kills', async () => {
    const reports = fc.array(
      fc.record({
        build: fc.constantFrom('1', '2', '3'),
        state: fc.constantFrom<Reported>('started', 'succeeded', 'failed'),
        second: fc.integer({ min: 0, max: 5 }),
        isKilled: fc.boolean(),
        lookAfter: fc.boolean(),
      }),
      { maxLength: 12 },
    )
    await fc.assert(
      fc.asyncProperty(reports, reports, async (told, replayed) => {
        log = new MemoryPipelineLog()
        await log.append(seen)
        judge = open()
        const tell = async ({ build, state, second, isKilled, lookAfter }: (typeof told)[number]) => {
          await take(build, state, { second })
          if (isKilled) {
            // A process that is killed in mid-way leaves what it has written.
            const cut = new MemoryPipelineLog(log.events, 1)
            const killed = new ReportJudge({ repository: 'website', settings, log: cut, clock })
            await killed.look(new AbortController().signal).catch(() => {})
            log = new MemoryPipelineLog(log.events)
            judge = open()
          }
          if (lookAfter) await look()
        }
        for (const each of told) await tell(each)
        await look()
        const red = told.filter(({ state }) => state === 'failed')
        const firstRed = red.filter(
          ({ build }, index) => red.findIndex((each) => each.build === build) === index,
        )
        const green = told.filter(({ state }) => state === 'succeeded')
        if (tested() === 'passed')
          expect(
            green.some(
              ({ build, second }) =>
                red.every((each) => each.build !== build) && firstRed.every((each) => each.second < second),
            ),
          ).to.equal(true)
        if (red.length === 0) expect(tested() === 'passed').to.equal(green.length > 0)
        const before = tested()
        // Reports that were told before, under other ids, as if the memory of ids were gone.
        for (const each of replayed)
          if (
            told.some(
              (own) => own.build === each.build && own.state === each.state && own.second === each.second,
            )
          )
            await tell(each)
        await look()
        if (before === 'failed') expect(tested()).to.equal('failed')
        expect(log.state.reports.of('website')).to.deep.equal([])
      }),
      { numRuns: 300 },
    )
  })
})
