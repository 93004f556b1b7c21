import { expect } from 'chai'
import fc from 'fast-check'
import type { Rehearsed } from '../../run/rehearsed'
import { rehearsalSection } from './rehearsal_section'
import { planSection } from './report_plan'
import { html } from './markup'
import { begunRun, conclude } from '../../testing/told_run'

const planned = (host: string, seen: string, passed = true) => ({
  host,
  passed,
  kind: 'planned' as const,
  seen,
  planned: { resource: 'package web', from: '1', to: '2', changes: passed, affectsOthers: true },
})

describe('the report of a plan', () => {
  it('begins with what was not done, and tells what would change on which hosts', () => {
    const run = begunRun()
    const plan = { id: 'abc', path: 'reports/plans/abc.json', changes: 2, hosts: 2 }
    run.stream.appendNow({ type: 'plan saved', plan })
    run.beginLine({ uri: 'x', scenarioId: '1', line: 3, text: 'I update' })
    conclude(run, {
      observations: [planned('web1', 'would go'), planned('web2', 'would go')],
      unexpected: [],
    })
    conclude(run, { observations: [planned('web3', 'would fail: 1', false)], unexpected: [], planned: true })
    const { text: page } = planSection(html, run.state)
    expect(page.indexOf('Nothing was changed')).to.be.lessThan(page.indexOf('Would fail'))
    expect(page).to.contain('package web: 1 → 2')
    expect(page).to.contain('web[1-2]')
    expect(page).to.contain('would fail: 1')
    expect(page).to.contain('LOCKSTEP_PLAN=abc')
  })
})

describe('the report of rehearsals', () => {
  const rehearsed = (change: Partial<Rehearsed>): Rehearsed => ({
    fault: undefined,
    exitCode: 0,
    title: 'PASSED',
    hosts: [{ host: 'web1', ending: 'new, in rotation', unknown: false }],
    failures: [],
    ...change,
  })

  it('has outcomes that must never occur first, and where every host ended', () => {
    const { text: page } = rehearsalSection(html, [
      rehearsed({}),
      rehearsed({ fault: 'web1: lies', failures: ['said to have passed, and has not: web1'] }),
    ])
    expect(page.indexOf('said to have passed')).to.be.lessThan(page.indexOf('nothing goes wrong'))
    expect(page).to.contain('new, in rotation: web1')
  })

  it('is a page, for any names of hosts and features', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(html`${text}`.text).not.to.match(/[<>"']/)
      }),
    )
  })
})
