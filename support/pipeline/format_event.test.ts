import { expect } from 'chai'
import type { BuildResult, PipelineEvent } from './events'
import { formatEvent } from './format_event'
import { A, begun, ended, MAIN, seen, taken } from '../testing/pipeline_events'
import { MADE, PLAN, planned } from '../testing/deploy_events'
import { PipelineState } from './pipeline_state'

const fetch = { repository: 'website', commit: A, environment: 'test', tag: 'v1' }
const refresh = { repository: 'apt', environment: 'test', announcement: 'a1' }
const announced = {
  type: 'packages announced',
  announcement: 'a1',
  repository: 'apt',
  by: 'ann',
  packages: [
    { name: 'mywebapp', version: '2.0' },
    { name: 'old', version: null },
    { name: 'other', version: '1.0' },
  ],
  packageCount: 5,
} satisfies PipelineEvent
const approved = (by: string | null): PipelineEvent => ({
  type: 'plan approved',
  run: 'p1',
  plan: PLAN,
  by,
  ...fetch,
})
const rollout: PipelineEvent = {
  type: 'rollout begun',
  run: 'r1',
  planRun: 'p1',
  plan: PLAN,
  machine: 'a',
  ...fetch,
}
const over = (result: BuildResult, verdict: string | null, why: string | null): PipelineEvent => ({
  type: 'rollout ended',
  run: 'r1',
  ...fetch,
  result,
  verdict,
  why,
})
const missing = { why: 'no answer', hosts: { text: 'web3.example.net', count: 1 } }

describe('the sentence of an event', () => {
  const said = (events: readonly PipelineEvent[]) => {
    const state = new PipelineState()
    const sentences = events.map((event) => {
      const recorded = { ...event, at: '2026-11-22T12:00:00.000Z' }
      state.apply(recorded)
      return formatEvent(recorded, state)
    })
    return sentences.at(-1)
  }

  it('is one for each event', () => {
    const tests = 'website: the tests of aaaaaaaaaaaa on the branch main'
    const cases: [PipelineEvent[], string][] = [
      [
        [taken([{ ref: MAIN, before: null, after: A }])],
        'website: a push moved the branch main to aaaaaaaaaaaa',
      ],
      [[taken([{ ref: 'refs/tags/v1', before: A, after: null }])], 'website: a push removed the tag v1'],
      [
        [taken([MAIN, 'refs/heads/a', 'refs/heads/b'].map((ref) => ({ ref, before: null, after: A })))],
        'website: a push moved the branch main to aaaaaaaaaaaa, and 2 more',
      ],
      [[taken([])], 'website: a push changed nothing'],
      [[seen], 'website: the repository shows aaaaaaaaaaaa on the branch main'],
      [[{ ...seen, ref: 'refs/tags/v2' }], 'website: the repository shows aaaaaaaaaaaa on the tag v2'],
      [
        [
          taken([{ ref: MAIN, before: null, after: A }]),
          { type: 'change passed over', delivery: 'd1', ref: MAIN, after: A, why: 'it was removed' },
        ],
        'website: the branch main was passed over: it was removed',
      ],
      [[seen, begun], `${tests} begin`],
      [[seen, begun, ended('succeeded', null)], `${tests} passed in 12.4 s`],
      [
        [seen, begun, ended('failed', 'make exited with 2')],
        `${tests} FAILED after 12.4 s: make exited with 2`,
      ],
      [
        [seen, begun, ended('interrupted', 'it ended')],
        `${tests} were interrupted, and begin again: it ended`,
      ],
      [
        [seen, { type: 'commit gone', repository: 'website', commit: A, why: 'it was removed' }],
        'website: aaaaaaaaaaaa is not tested: it was removed',
      ],
      [
        [seen, { type: 'build asked for', repository: 'website', commit: A, by: 'ann' }],
        'website: aaaaaaaaaaaa is to be tested again',
      ],
      [[announced], 'apt: mywebapp 2.0, old, other 1.0 and 2 more are announced'],
      [[{ ...announced, packages: [], packageCount: 0 }], 'apt: a change is announced'],
      [
        [announced, { type: 'refresh begun', ...refresh }],
        'apt: the hosts of test are to refresh their package lists',
      ],
      [
        [
          announced,
          { type: 'hosts have refreshed', ...refresh, has: { text: 'web1', count: 1 }, missing: [missing] },
        ],
        'apt: package lists are refreshed on 1 of 2 hosts of test; missing: web3.example.net: no answer',
      ],
      [
        [seen, { type: 'fetch begun', ...fetch }],
        'website: the hosts of test are to fetch v1 (aaaaaaaaaaaa)',
      ],
      [
        [
          seen,
          { type: 'hosts have fetched', ...fetch, has: { text: 'web[1-2]', count: 2 }, missing: [missing] },
        ],
        'website: v1 (aaaaaaaaaaaa) is on 2 of 3 hosts of test; missing: web3.example.net: no answer',
      ],
      [
        [{ type: 'plan asked for', repository: 'website', environment: 'test', by: 'ann' }],
        'website: the deploy to test is to be planned again',
      ],
      [planned(fetch).slice(0, 1), 'website: v1 (aaaaaaaaaaaa) is being planned for test'],
      [
        planned(fetch),
        'website: v1 (aaaaaaaaaaaa) is planned for test as 0123456789ab: 3 changes to 3 hosts',
      ],
      [
        planned(fetch, 'p1', { ...MADE, result: 'failed', plan: null, why: 'web1: no room' }),
        'website: the plan of v1 (aaaaaaaaaaaa) for test FAILED: web1: no room',
      ],
      [
        [...planned(fetch), approved('ann')],
        'website: the plan 0123456789ab of v1 (aaaaaaaaaaaa) for test is approved',
      ],
      [
        [...planned(fetch), approved(null)],
        'website: the plan 0123456789ab of v1 (aaaaaaaaaaaa) for test is approved by lockstep.yaml',
      ],
      [
        [...planned(fetch), approved('ann'), rollout],
        'website: v1 (aaaaaaaaaaaa) is being rolled out to test by run r1',
      ],
      [
        [...planned(fetch), approved('ann'), rollout, over('succeeded', 'PASSED', null)],
        'website: v1 (aaaaaaaaaaaa) in test: rolled out to 3 hosts by run r1: PASSED',
      ],
      [
        [...planned(fetch), approved('ann'), rollout, over('failed', 'REFUSED', 'web1 is locked')],
        'website: v1 (aaaaaaaaaaaa) in test: NOT rolled out by run r1 (REFUSED): web1 is locked',
      ],
      [
        [...planned(fetch), approved('ann'), rollout, over('interrupted', 'INTERRUPTED', 'it stops')],
        'website: v1 (aaaaaaaaaaaa) in test: rollout r1 did not end (INTERRUPTED): it stops',
      ],
    ]
    for (const [events, sentence] of cases) expect(said(events)).to.equal(sentence)
  })

  it('is one line without control characters, whatever a ref is', () => {
    const ref = `refs/heads/\u001b[31mred\n\u202e${'x'.repeat(500)}`
    const sentence = said([taken([{ ref, before: null, after: '\u0007bell' }])]) ?? ''
    expect(sentence).to.match(/^website: a push moved the branch .+ to \S+$/)
    expect(sentence).not.to.match(/[\p{Cc}\p{Cf}]/u)
    expect(sentence.length).to.be.lessThan(200)
  })
})
