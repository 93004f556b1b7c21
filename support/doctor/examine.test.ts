import { expect } from 'chai'
import { surroundingsOf } from '../run/parameters'
import { systemClock } from '../system/clock'
import { LockstepError } from '../system/errors'
import { Scratch } from '../testing/scratch'
import { ok, type Check } from './check'
import { NotChecked } from './not_checked'
import { CHECKS } from './checks'
import { examine, judgeFindings } from './examine'
import { formatFindings } from './format_findings'
import { Subject } from './subject'

const subjectIn = (cwd: string, env: Record<string, string> = {}) =>
  new Subject(cwd, surroundingsOf({ HOME: cwd, ...env }), systemClock, new AbortController().signal)
const run = (checks: readonly Check[], subject = subjectIn('/')) =>
  examine(checks, subject, { clock: systemClock, redact: () => subject.redact() })
/** The settings of somebody who has configured nothing, and of whom nothing has run yet. */
const emptyIn = (folder: string) => ({
  MCOLLECTIVE_CONFIG: `${folder}/none`,
  LOCKSTEP_LOCKS: `${folder}/locks`,
})
const check = (name: string, look: Check['look'], limitMs = 60_000): Check => ({ name, limitMs, look })

describe('an examination', () => {
  it('carries out every check, although one fails, breaks or cannot look', async () => {
    const found = await run([
      check('first', () => [ok('well')]),
      check('second', () => {
        throw new LockstepError('bad-config', 'x.yaml:3: expected a port')
      }),
      check('third', async () => {
        throw new NotChecked('no host answers')
      }),
      check('fourth', () => {
        throw new TypeError('a defect')
      }),
      check('fifth', () => new Promise(() => {}), 1),
      check('sixth', () => []),
    ])
    expect(found.map(({ check: name, state, what }) => [name, state, what])).to.deep.equal([
      ['first', 'ok', 'well'],
      ['second', 'fail', 'x.yaml:3: expected a port'],
      ['third', 'not checked', 'no host answers'],
      ['fourth', 'fail', 'it could not be looked at: a defect'],
      ['fifth', 'fail', 'it was not known within 1 ms'],
      ['sixth', 'not checked', 'there was nothing to look at'],
    ])
    expect(judgeFindings(found)).to.equal(1)
    expect(judgeFindings(found.filter(({ state }) => state !== 'fail'))).to.equal(0)
    expect(judgeFindings([])).to.equal(1)
  })

  it('calls nothing well that needs a configuration where there is none', async () => {
    const scratch = new Scratch()
    try {
      const found = await run(CHECKS, subjectIn(scratch.path, emptyIn(scratch.path)))
      const well = found.filter(({ state }) => state === 'ok').map(({ check: name }) => name)
      expect(new Set(well)).to.deep.equal(new Set(['programs', 'locks', 'rotation', 'disk', 'history']))
      const unknown = found.filter(({ state }) => state === 'not checked').map(({ check: name }) => name)
      expect(unknown).to.include.members(['broker', 'secret', 'clocks', 'hosts', 'agents', 'balancers'])
      expect(found.find(({ check: name }) => name === 'configuration')?.state).to.equal('fail')
    } finally {
      scratch.remove()
    }
  })

  it('changes nothing', async () => {
    const scratch = new Scratch()
    try {
      const { readdirSync } = await import('node:fs')
      await run(CHECKS, subjectIn(scratch.path, { LOCKSTEP_LOCKS: `${scratch.path}/locks` }))
      expect(readdirSync(scratch.path)).to.deep.equal([])
    } finally {
      scratch.remove()
    }
  })

  it('names the check once, and its findings in 80 columns with what mends them', () => {
    const long = 'a word and '.repeat(30).trim()
    const findings = [
      { check: 'disk', state: 'ok', what: long },
      { check: 'disk', state: 'fail', what: 'full', mend: 'make room' },
      { check: 'hosts', state: 'not checked', what: 'no host answers', mend: 'then:', paste: long },
    ] as const
    const text = formatFindings(findings, false)
    expect(text.split('\n').filter((line) => line.length > 80 && !line.includes(long))).to.deep.equal([])
    // Half of a command would be another one.
    expect(text).to.contain(`\n    ${long}\n`)
    expect(text.match(/disk/g)).to.have.length(1)
    expect(text).to.contain('→ make room')
    expect(text).to.contain('1 FAIL · 1 ok · 1 not checked')
  })
})
