import { expect } from 'chai'
import fc from 'fast-check'
import type { PipelineEvent, RecordedPipelineEvent } from '../pipeline/events'
import { PipelineState } from '../pipeline/pipeline_state'
import { lastFinished } from '../pipeline/tested_commit'
import { statusOf, type CommitStatus } from './commit_status'

const C = 'c'.repeat(40)
const at = '2026-11-22T12:00:00.000Z'
const seen = (ref = 'refs/heads/main', isToBuild = true): PipelineEvent => ({
  type: 'commit seen',
  delivery: 'd1',
  repository: 'website',
  ref,
  after: C,
  commit: C,
  isToBuild,
})
const begun = (build: string): PipelineEvent => ({
  type: 'build begun',
  build,
  repository: 'website',
  commit: C,
})
const ended = (build: string, result: 'succeeded' | 'failed' | 'interrupted'): PipelineEvent => ({
  type: 'build ended',
  build,
  result,
  why: result === 'succeeded' ? null : 'make exited with 2',
  seconds: 12.4,
})
const again: PipelineEvent = { type: 'build asked for', repository: 'website', commit: C, by: null }

/** Returns the statuses that events give, each told before the next event comes. */
function statusesOf(events: readonly PipelineEvent[]): CommitStatus[] {
  const state = new PipelineState()
  return events.flatMap((event) => {
    const recorded: RecordedPipelineEvent = { ...event, at }
    state.apply(recorded)
    return statusOf(recorded, state) ?? []
  })
}

describe('the status of a commit', () => {
  const states = (...events: PipelineEvent[]) => statusesOf(events).map(({ state }) => state)

  it('waits, and then says how the tests went', () => {
    const told = statusesOf([seen(), begun('b1'), ended('b1', 'succeeded')])
    expect(told.map(({ state, description }) => [state, description])).to.deep.equal([
      ['pending', 'its tests are to be run'],
      ['succeeded', 'the tests of cccccccccccc on the branch main passed in 12.4 s'],
    ])
    expect(statusesOf([seen(), begun('b1'), ended('b1', 'failed')]).at(-1)?.description).to.equal(
      'the tests of cccccccccccc on the branch main FAILED after 12.4 s: make exited with 2',
    )
  })

  it('waits on while builds are interrupted', () => {
    expect(states(seen(), begun('b1'), ended('b1', 'interrupted'))).to.deep.equal(['pending'])
  })

  it('is there for no commit whose tests are not run', () => {
    expect(states(seen('refs/heads/main', false))).to.deep.equal([])
  })

  it('is not hidden by a push of another ref', () => {
    const before = [seen(), begun('b1'), ended('b1', 'failed')] as const
    expect(states(...before, seen('refs/tags/v1'))).to.deep.equal(['pending', 'failed'])
  })

  it('waits again once somebody asks for another build', () => {
    const before = [seen(), begun('b1'), ended('b1', 'succeeded'), again] as const
    expect(states(...before)).to.deep.equal(['pending', 'succeeded', 'pending'])
    expect(states(...before, begun('b2'), ended('b2', 'failed')).at(-1)).to.equal('failed')
  })

  it('is a success at no time when the last result is none, and nothing else is asked for', () => {
    const one = fc.constantFrom<PipelineEvent>(
      seen(),
      seen('refs/tags/v1'),
      again,
      begun('b1'),
      begun('b2'),
      ended('b1', 'succeeded'),
      ended('b1', 'failed'),
      ended('b2', 'interrupted'),
      ended('b2', 'failed'),
    )
    fc.assert(
      fc.property(fc.array(one, { maxLength: 12 }), (events) => {
        const shown = statusesOf(events).at(-1)
        const known = PipelineState.of(events.map((event) => ({ ...event, at }))).commit('website', C)
        const last = known && lastFinished(known)
        if (shown?.state === 'succeeded') expect(last?.state).to.equal('succeeded')
      }),
    )
  })
})
