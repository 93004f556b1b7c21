import { expect } from 'chai'
import type { PipelineEvent } from './events'
import { formatEvent } from './format_event'
import { A, begun, ended, MAIN, seen, taken } from '../testing/pipeline_events'
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
