import { expect } from 'chai'
import type { PipelineEvent, RecordedPipelineEvent } from './events'
import { formatPipeline, type PipelineSurroundings } from './format_pipeline'
import { accountsOf } from './pipeline_account'
import { PipelineState } from './pipeline_state'

const [A, B] = ['a'.repeat(40), 'b'.repeat(40)]
const AT = '2026-01-01T00:00:00.000Z'

function taken(delivery: string, ref: string, after: string | null): PipelineEvent {
  const changes = [{ ref, before: null, after }]
  return { type: 'push taken', delivery, repository: 'website', teller: 'hook', by: null, changes }
}

function seen(delivery: string, ref: string, commit: string): PipelineEvent {
  return { type: 'commit seen', delivery, repository: 'website', ref, after: commit, commit, isToBuild: true }
}

function begun(build: string, commit: string): PipelineEvent {
  return { type: 'build begun', build, repository: 'website', commit }
}

function shown(events: readonly PipelineEvent[], more: Partial<PipelineSurroundings> = {}): string[] {
  const recorded = events.map((event): RecordedPipelineEvent => ({ ...event, at: AT }))
  const state = PipelineState.of(recorded)
  const text = formatPipeline(accountsOf(state), {
    spool: undefined,
    isServed: true,
    now: Date.parse(AT) + 90_000,
    outputOf: (build) => `builds/${build}/output.log`,
    isFetchable: (commit, tag) => state.isFetchable(commit, tag),
    plansOf: () => [],
    rolloutsOf: () => [],
    isWhole: false,
    ...more,
  })
  return text.split('\n').filter((line) => line !== '')
}

describe('what is shown of pushes', () => {
  const pushed = [taken('d1', 'refs/heads/main', A), seen('d1', 'refs/heads/main', A)]

  it('never says of a commit without a build that it has passed', () => {
    expect(shown(pushed)).to.deep.equal(['website: 1 commit', `  aaaaaaaaaaaa  main  ${AT}  not tested`])
  })

  it('says which hosts have what a package repository announced, and whether all was asked for', () => {
    const on = { repository: 'apt', environment: 'test' }
    const announced = (announcement: string): PipelineEvent => ({
      type: 'packages announced',
      announcement,
      repository: 'apt',
      by: null,
      packages: [{ name: 'mywebapp', version: announcement }],
      packageCount: 1,
    })
    const missing = [{ why: 'no answer', hosts: { text: 'web2', count: 1 } }]
    const has = { text: 'web1', count: 1 }
    const events: PipelineEvent[] = [announced('1'), { type: 'refresh begun', ...on, announcement: '1' }]
    const of = (more: readonly PipelineEvent[], isServed = true) => {
      const state = PipelineState.of([...events, ...more].map((event) => ({ ...event, at: AT })))
      return shown([], { packages: state.announced.repositories, isServed })
    }
    expect(of([])).to.deep.equal([
      'packages of apt: 1 announcement',
      `  hosts of test are to refresh their lists since ${AT}; none is known to have done so`,
      `  ${AT}  mywebapp 1 is announced`,
    ])
    expect(of([], false)[2]).to.contain('were to refresh their lists')
    const answered: PipelineEvent = { type: 'hosts have refreshed', ...on, announcement: '1', has, missing }
    expect(of([answered])[1]).to.equal(
      `  lists refreshed on 1 of 2 hosts of test; missing: web2: no answer (answered at ${AT})`,
    )
    expect(of([answered, announced('2')])[1]).to.contain('; not asked yet about the last announcement')
    const many = Array.from({ length: 30 }, (_, index) => announced(`${index + 10}`))
    expect(of(many)).to.have.length(8)
    expect(of(many).at(-1)).to.equal('  … and 26 older')
  })

  it('says how a build went, and where its output is if it failed', () => {
    const red: PipelineEvent = {
      type: 'build ended',
      build: 'b1',
      result: 'failed',
      why: 'make exited with 2',
      seconds: 9.1,
    }
    expect(shown([...pushed, begun('b1', A), red]).slice(1)).to.deep.equal([
      `  aaaaaaaaaaaa  main  ${AT}  tests FAILED after 9.1 s: make exited with 2`,
      '      see builds/b1/output.log',
    ])
    const green: PipelineEvent = { ...red, result: 'succeeded', why: null }
    expect(shown([...pushed, begun('b1', A), green])[1]).to.match(/tests passed in 9\.1 s$/)
  })

  it('shows a red result beside a later one, and a commit that is gone as not tested', () => {
    const ended = { type: 'build ended', seconds: 1, why: null } as const
    const red: PipelineEvent = { ...ended, build: 'b1', result: 'failed', why: 'make exited with 2' }
    const asked: PipelineEvent = { type: 'build asked for', repository: 'website', commit: A, by: 'ann' }
    const first = [...pushed, begun('b1', A), red, asked]
    expect(shown(first).at(-1)).to.equal('      is to be tested again')
    const green: PipelineEvent = { ...ended, build: 'b2', result: 'succeeded' }
    expect(shown([...first, begun('b2', A), green]).slice(1)).to.deep.equal([
      `  aaaaaaaaaaaa  main  ${AT}  tests passed in 1.0 s`,
      '      before: tests FAILED after 1.0 s: make exited with 2, builds/b1/output.log',
    ])
    const gone: PipelineEvent = {
      type: 'commit gone',
      repository: 'website',
      commit: A,
      why: 'it has no commit',
    }
    expect(shown([...pushed, gone])[1]).to.match(/not tested: it has no commit$/)
    // Its result counts, and nothing may say that there is none.
    expect(shown([...first, gone])[1]).to.match(/not tested again: it has no commit$/)
  })

  it('does not say that something is under way where nothing runs', () => {
    const running = [...pushed, begun('b1', A)]
    expect(shown(running)[1]).to.match(/is being tested since /)
    const lines = shown(running, { isServed: false })
    expect(lines[0]).to.equal('lockstep serve does not run here: nothing is taken, and nothing is tested')
    expect(lines[2]).to.match(/was being tested when lockstep serve ended$/)
  })

  it('has what waits in front, the newest commit next, and names refs as people do', () => {
    const events = [
      ...pushed,
      taken('d2', 'refs/tags/v1', B),
      seen('d2', 'refs/tags/v1', B),
      taken('d3', 'refs/heads/x', A),
    ]
    const lines = shown(events, { spool: { path: '/spool', waiting: 2, refused: 1 } })
    expect(lines.map((line) => line.replace(AT, 'then'))).to.deep.equal([
      '2 pushes in /spool: lockstep serve has not taken them yet',
      '1 push in /spool/refused: the reason lies beside each',
      'website: 2 commits',
      '  x was pushed at then; the repository has not been asked yet',
      '  bbbbbbbbbbbb  tag v1  then  not tested',
      '  aaaaaaaaaaaa  main  then  not tested',
    ])
  })

  const tagged = [
    seen('d1', 'refs/tags/v1', A),
    begun('b1', A),
    { type: 'build ended', build: 'b1', result: 'succeeded', why: null, seconds: 1 } as const,
  ]

  it('says of a commit that hosts are asked for it no longer once its tag is gone or has moved, or its tests fail', () => {
    const target = { repository: 'website', environment: 'test', commit: A, tag: 'v1' }
    const events: PipelineEvent[] = [...tagged, { type: 'fetch begun', ...target }]
    const over = (why: string) => `; none is known to have it; no longer asked, since ${why}`
    const untagged = over('the tag is not at it any more')
    const removed: PipelineEvent[] = [
      taken('d2', 'refs/tags/v1', null),
      { type: 'change passed over', delivery: 'd2', ref: 'refs/tags/v1', after: null, why: 'it was removed' },
    ]
    const red: PipelineEvent[] = [
      begun('b2', A),
      { type: 'build ended', build: 'b2', result: 'failed', why: null, seconds: 1 },
    ]
    const ends: [PipelineEvent[], string][] = [
      [removed, untagged],
      [[seen('d2', 'refs/tags/v1', B)], untagged],
      [red, over('its tests have failed')],
    ]
    for (const [end, why] of ends)
      expect(shown([...events, ...end]).find((line) => line.includes('hosts of test'))).to.equal(
        `      hosts of test were to fetch v1 from ${AT} on${why}`,
      )
  })

  it('says on how many hosts a commit is, who lacks it and why, and which rollouts carried it', () => {
    const target = { repository: 'website', environment: 'test', commit: A, tag: 'v1' }
    const events: PipelineEvent[] = [...tagged, { type: 'fetch begun', ...target }]
    const lines = (more: Partial<PipelineSurroundings> = {}) => shown(events, more).slice(2)
    expect(lines()).to.deep.equal([
      `      hosts of test are to fetch v1 since ${AT}; none is known to have it`,
    ])
    const has = { text: 'web[1-5]', count: 5 }
    const missing = [{ why: 'no answer', hosts: { text: 'web6', count: 1 } }]
    events.push({ type: 'hosts have fetched', ...target, has, missing })
    expect(lines()).to.deep.equal([
      `      on 5 of 6 hosts of test; missing: web6: no answer (answered at ${AT})`,
    ])
    const next: PipelineEvent = { type: 'fetch begun', ...target, commit: B, tag: 'v2' }
    expect(shown([...events, next])[2]).to.match(
      /; no longer asked, since hosts are to have another commit by now$/,
    )
    const red = { type: 'build ended', build: 'b2', result: 'failed', why: null, seconds: 1 } as const
    const failed = [begun('b2', A), red]
    const asked = (more: PipelineEvent[]) => shown(more).find((line) => line.includes('of test'))
    expect(asked([...events, ...failed])).to.match(/; no longer asked, since its tests have failed$/)
    expect(asked([...events.slice(0, -1), ...failed])).to.match(
      /were to fetch v1 from .* known to have it; no longer asked, since its tests have failed$/,
    )
    events.push({ type: 'hosts have fetched', ...target, has: { text: '', count: 0 }, missing: [] })
    expect(lines()).to.deep.equal([`      on no host of test: none answered (answered at ${AT})`])
    const by = { environment: 'test', tag: 'v1' }
    const rolloutsOf = () => [
      { ...by, run: 'r1', verdict: 'PASSED' },
      { ...by, run: 'r2', verdict: undefined },
    ]
    expect(lines({ rolloutsOf }).slice(1)).to.deep.equal([
      '      deployed as v1 in test by run r1: PASSED',
      '      deployed as v1 in test by run r2: its verdict is not known, since its journal does not tell it',
    ])
  })

  it('says nothing of hosts from answers about another tag, or that nobody was asked for', () => {
    const target = { repository: 'website', environment: 'test', commit: A, tag: 'v1' }
    const answers = { has: { text: 'web1', count: 1 }, missing: [] }
    expect(shown([...pushed, { type: 'hosts have fetched', ...target, ...answers }])).to.have.length(2)
    const other: PipelineEvent = { type: 'hosts have fetched', ...target, tag: 'v0', ...answers }
    expect(shown([...pushed, { type: 'fetch begun', ...target }, other])[2]).to.contain(
      'none is known to have it',
    )
  })

  it('names what was passed over only where all is asked for, without control characters', () => {
    const why = 'the branch \u001b[31mx starts nothing'
    const ref = 'refs/heads/x'
    const events: PipelineEvent[] = [
      taken('d1', ref, A),
      { type: 'change passed over', delivery: 'd1', ref, after: A, why },
    ]
    expect(shown(events)).to.deep.equal(['website: 0 commits'])
    expect(shown(events, { isWhole: true })[1]).to.equal(
      `  passed over at ${AT}: x: the branch x starts nothing`,
    )
  })
})
