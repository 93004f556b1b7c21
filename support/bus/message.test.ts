import { expect } from 'chai'
import * as v from 'valibot'
import type { PipelineEvent } from '../pipeline/events'
import { PipelineState } from '../pipeline/pipeline_state'
import { redactNothing, redactor } from '../system/redaction'
import { A, B, begun, ended, MAIN, seen, taken } from '../testing/pipeline_events'
import { PLAN, planned } from '../testing/deploy_events'
import { messageOf } from './message'
import { busMessage, type BusMessage } from './message_form'

/** Returns the messages of events that follow each other. */
function messagesOf(events: readonly PipelineEvent[], redact = redactNothing): BusMessage[] {
  const state = new PipelineState()
  return events.map((event, index) => {
    const recorded = { ...event, at: '2026-11-22T12:00:00.000Z' }
    state.apply(recorded)
    const behind = { journal: 1, entries: index + 1 }
    return messageOf({ id: String(index), event: recorded, behind }, state, redact)
  })
}

describe('a message of the bus', () => {
  it('has the form that is documented, and names no person', () => {
    const push = taken([{ ref: MAIN, before: null, after: A }])
    const passed: PipelineEvent = {
      type: 'change passed over',
      delivery: 'd1',
      ref: MAIN,
      after: A,
      why: 'no',
    }
    const all = messagesOf([push, passed, seen, begun, ended('failed', 'make exited with 2')])
    for (const message of all) expect(v.parse(busMessage, message)).to.deep.equal(message)
    expect(JSON.stringify(all)).not.to.contain('ann')
    expect(all.map(({ repository }) => new Set([repository]).has('website'))).to.deep.equal(
      all.map(() => true),
    )
    expect(all[4]).to.include({ commit: A, ref: MAIN, build: 'b1', result: 'failed', seconds: 12.4 })
  })

  it('tells of a release that was created: of its tag, and of the commit', () => {
    const tag = 'refs/tags/v2'
    const all = messagesOf([taken([{ ref: tag, before: null, after: A }]), { ...seen, ref: tag }])
    for (const message of all) expect(v.parse(busMessage, message)).to.deep.equal(message)
    expect(all[1]).to.include({ event: 'commit seen', repository: 'website', ref: tag, commit: A })
  })

  it('has what a package repository announced, and what came of it', () => {
    const missing = [{ why: 'no answer', hosts: { text: 'web2', count: 1 } }]
    const on = { repository: 'apt', environment: 'test', announcement: 'a1' }
    const all = messagesOf([
      {
        type: 'packages announced',
        announcement: 'a1',
        repository: 'apt',
        by: 'ann',
        packages: [{ name: 'mywebapp', version: '2.0' }],
        packageCount: 1,
      },
      { type: 'refresh begun', ...on },
      { type: 'hosts have refreshed', ...on, has: { text: 'web1', count: 1 }, missing },
    ])
    for (const message of all) expect(v.parse(busMessage, message)).to.deep.equal(message)
    expect(JSON.stringify(all)).not.to.contain('ann"')
    expect(all[0]).to.deep.include({ repository: 'apt', packages: [{ name: 'mywebapp', version: '2.0' }] })
    expect(all[1]).to.include({ environment: 'test' })
    expect(all[2]).to.include({ hostsThatHaveIt: 1, hostsThatLackIt: 1, why: 'web2: no answer' })
  })

  it('is the same when it is made again after other events: the build and its first ref do not change', () => {
    const events = [taken([{ ref: MAIN, before: null, after: A }]), seen, begun, ended('succeeded', null)]
    const state = PipelineState.of(
      [...events, { ...seen, ref: 'refs/tags/v1' }].map((event) => ({
        ...event,
        at: '2026-11-22T12:00:00.000Z',
      })),
    )
    const [first] = messagesOf(events).slice(-1)
    const event = { ...ended('succeeded', null), at: '2026-11-22T12:00:00.000Z' }
    expect(
      messageOf({ id: '3', event, behind: { journal: 1, entries: 4 } }, state, redactNothing),
    ).to.deep.equal(first)
  })

  it('tells of plans and rollouts by their runs, and not who approved', () => {
    const target = { repository: 'website', environment: 'test', commit: A, tag: 'v1' }
    const all = messagesOf([
      { type: 'plan asked for', repository: 'website', environment: 'test', by: 'ann' },
      ...planned(target),
      { type: 'plan approved', run: 'p1', plan: PLAN, by: 'ann', ...target },
      { type: 'rollout begun', run: 'r1', planRun: 'p1', plan: PLAN, machine: 'a', ...target },
      { type: 'rollout ended', run: 'r1', result: 'failed', verdict: 'REFUSED', why: 'locked', ...target },
    ])
    for (const message of all) expect(v.parse(busMessage, message)).to.deep.equal(message)
    expect(JSON.stringify(all)).not.to.contain('ann')
    expect(all.map(({ run, plan }) => [run, plan])).to.deep.equal([
      [null, null],
      ['p1', null],
      ['p1', PLAN],
      ['p1', PLAN],
      ['r1', PLAN],
      ['r1', PLAN],
    ])
    expect(all[5]).to.include({ ...target, result: 'failed', verdict: 'REFUSED', why: 'locked' })
  })

  it('lists the first hundred changes of a push, each as long as a ref may be', () => {
    const changes = Array.from({ length: 1_000 }, () => ({
      ref: `${MAIN}\ud800${'x'.repeat(9_000)}`,
      before: A,
      after: B,
    }))
    const [message] = messagesOf([taken(changes)])
    expect(message?.changes).to.have.length(100)
    expect(message?.changeCount).to.equal(1_000)
    expect(message?.ref).to.equal(null)
    expect(Buffer.byteLength(JSON.stringify(message))).to.be.lessThan(200_000)
  })

  it('shows neither a secret nor a password in a URL, in a reason', () => {
    const why =
      'git said: hunter2 at https://deploy:pass%40word@git.example.net/x and ssh://token@h/y\u001b[31m\nmore'
    const [message] = messagesOf([begun, ended('failed', why)], redactor(['hunter2'])).slice(-1)
    expect(message?.why).to.equal('git said: *** at https://***@git.example.net/x and ssh://***@h/y more')
  })
})
