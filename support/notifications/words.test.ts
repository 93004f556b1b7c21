import { expect } from 'chai'
import fc from 'fast-check'
import { rolloutEvent } from '../testing/rollout_event'
import { EVENTS, keyOf, someHosts } from './event'
import { lineOf, namesOf, oneLine, summaryOf } from './words'

describe('the words of a notification', () => {
  it('name the line, who failed, and who is out of rotation', () => {
    expect(lineOf(rolloutEvent())).to.equal(
      '[production] rolling.feature: the rollout stops: at "the package version for mywebapp should be 2" (rolling.feature:14); failed: web3, web9; still out of rotation: web3',
    )
  })

  it('are those of each event', () => {
    const nobody = { count: 0, names: [] }
    const calm = { failed: nobody, outOfRotation: nobody, reason: undefined }
    const of = (change: Parameters<typeof rolloutEvent>[0]) => summaryOf(rolloutEvent({ ...calm, ...change }))
    expect(of({ event: 'started' })).to.equal('the rollout has started')
    expect(of({ event: 'wave begun', number: 2 })).to.equal('wave 2 (25%), 2 hosts: begun')
    expect(of({ event: 'wave ended', number: 2 })).to.equal('wave 2 (25%), 2 hosts: passed')
    expect(of({ event: 'approval wanted', reason: 'Go on with 8 hosts?' })).to.equal(
      'approval is waited for: Go on with 8 hosts?',
    )
    expect(of({ event: 'ended', outcome: { title: 'PASSED', exitCode: 0 } })).to.equal('PASSED, 8 hosts')
    const reason = 'was created by ann at commit 41d0e6c2f9aa'
    expect(of({ event: 'release created', release: 'v2', reason })).to.equal(`release v2 ${reason}`)
    expect(of({ event: 'drift found', failed: { count: 1, names: ['web3'] } })).to.equal(
      '1 host drifted; drifted: web3',
    )
  })

  it('name the first twenty hosts in the order of their numbers, and count the others', () => {
    const many = someHosts(Array.from({ length: 30 }, (_, index) => `web${30 - index}`))
    expect(many.count).to.equal(30)
    expect(many.names.slice(0, 3)).to.deep.equal(['web1', 'web2', 'web3'])
    expect(namesOf(many)).to.match(/web20 and 10 more$/)
    expect(someHosts(['web1', 'web1'])).to.deep.equal({ count: 1, names: ['web1'] })
  })

  it('are one line, with any content', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.integer({ min: 1, max: 300 }), (text, longest) => {
        const line = oneLine(text, longest)
        expect(line).not.to.match(/[\p{Cc}\p{Zl}\p{Zp}]/u)
        expect(line.length).to.be.at.most(longest)
        expect(line.isWellFormed()).to.equal(true)
      }),
    )
    expect(oneLine('done\r\nBcc: all@example.net', 99)).to.equal('done Bcc: all@example.net')
  })

  it('have a key that any header can carry, and another one for each event and number', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.constantFrom(...EVENTS), (run, event) => {
        expect(keyOf(rolloutEvent({ run, event }))).to.match(/^[\x21-\x7e]+$/)
      }),
    )
    const keys = EVENTS.flatMap((event) => [1, 2].map((number) => keyOf(rolloutEvent({ event, number }))))
    expect(new Set(keys).size).to.equal(keys.length)
  })
})
