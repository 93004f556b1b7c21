import { readFileSync } from 'node:fs'
import { relative } from 'node:path'
import { expect } from 'chai'
import { Scratch } from '../testing/scratch'
import { cucumberIn } from './child_run'

describe('a run in a process of its own', () => {
  let scratch: Scratch
  beforeEach(() => (scratch = new Scratch()))
  afterEach(() => scratch.remove())

  it('leaves alone the files of reports, which are of the run that begins it', async () => {
    const report = scratch.write('report.txt', 'of the run that began')
    const other = scratch.write('other.txt', 'of an earlier run')
    const config = scratch.write('cucumber.json', JSON.stringify({ default: { format: [`json:${other}`] } }))
    const feature = scratch.write('x.feature', 'Feature: X\n  Scenario: Y\n    Given nothing\n')
    const args = ['--config', relative(process.cwd(), config), '--format', `message:${report}`, feature]
    const purpose = { why: 'plan' } as const
    const { signal } = new AbortController()
    const output = await cucumberIn({ args, purpose, env: {}, signal }, (ended) => ended.output)
    expect(output).to.contain('1 scenario (1 undefined)')
    expect(readFileSync(report, 'utf8')).to.equal('of the run that began')
    expect(readFileSync(other, 'utf8')).to.equal('of an earlier run')
  })
})
