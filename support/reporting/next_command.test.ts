import { expect } from 'chai'
import type { Mode } from '../run/modes'
import { toldRun } from '../testing/told_run'
import { commandFor, isPartial, resumeCommand } from './next_command'
import { advice } from './advice'

const run = (args: string[] = [], env: Record<string, string> = {}) => {
  const made = toldRun([{ scenarioId: '3', outcome: 'failed', steps: [{ line: 4 }] }])
  made.mode = 'live'
  made.invocation = { ...made.invocation, args, env }
  made.chosen = env['LOCKSTEP_ENVIRONMENT']
  return made
}

describe('the proposed command that finishes the rest', () => {
  it('repeats the options of the run, as a shell reads them', () => {
    expect(commandFor(run(), 'x.feature')).to.equal('npx cucumber-js -p live x.feature')
    const told = run(['-p', 'live', '-p', 'idempotence', 'x.feature', '--tags', "not @it's", '--name=a b'], {
      LOCKSTEP_ENVIRONMENT: 'production',
      LOCKSTEP_ACTIVATE: '1.2',
      LOCKSTEP_PLAN: 'abc',
      LOCKSTEP_VARIABLES: 'a=b c',
    })
    const options = "-p live -p idempotence --tags 'not @it'\\''s' '--name=a b'"
    const own = 'LOCKSTEP_ENVIRONMENT=production LOCKSTEP_ACTIVATE=1.2'
    expect(commandFor(told, 'r.feature')).to.equal(`${own} npx cucumber-js ${options} r.feature`)
    expect(resumeCommand(told, 'x.feature')).to.equal(
      `LOCKSTEP_RESUME=${told.id} LOCKSTEP_VARIABLES='a=b c' ${own} npx cucumber-js ${options} x.feature`,
    )
  })

  it('repeats an option whose value stands right behind it: without its tags a run would be for more', () => {
    const told = run(['-plive', 'x.feature', '-t@canary', '-f', 'summary'])
    expect(resumeCommand(told, 'x.feature')).to.match(/ cucumber-js -plive -t@canary x\.feature$/)
  })

  it('goes on with the lines that were run, and offers no recovery feature as a whole for them', () => {
    const told = run(['-p', 'live', 'x.feature:3:9'])
    expect([isPartial(told), isPartial(run(['x.feature']))]).to.deep.equal([true, false])
    expect(resumeCommand(told, 'x.feature')).to.match(/ x\.feature:3:9$/)
  })

  it('is a resumed run only where that can succeed, and nothing at all where hosts are gone with the process', () => {
    const ways = (isResumable: boolean, mode: Mode = 'live', hasRoom = true) => {
      const told = run()
      told.mode = mode
      told.recoveries.push({ uri: 'x.feature', path: 'r.feature', hosts: 1, isResumable, hasRoom })
      const said = advice(told, false).map(({ what, command }) => [what, command].filter(Boolean).join(' '))
      return said.join('\n')
    }
    expect(ways(true)).to.contain('the host that is not done; once').and.to.contain('go on: LOCKSTEP_RESUME=')
    expect(ways(false)).to.contain('run it: npx cucumber-js').and.not.to.contain('LOCKSTEP_RESUME')
    expect(ways(true, 'live', false))
      .to.contain('make them smaller first')
      .and.not.to.contain('run it:')
    expect(ways(true, 'embedded')).to.equal('read r.feature: a feature with the host that is not done')
  })
})
