import { expect } from 'chai'
import type { Mode } from '../run/modes'
import { sampleRun, type Sample } from '../testing/sample_run'
import { toldRun } from '../testing/told_run'
import { LockstepError } from '../system/errors'
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

  it('of a run that was killed writes what it left, by its journal', async () => {
    const text = { text: 'Feature: Website', values: new Map<string, string>(), hasHidden: false }
    const ways = async (sample: Partial<Sample>) => {
      const killed = await sampleRun({ hosts: 8, killedAt: 8, ...sample })
      killed.texts.set('features/website.feature', text)
      return advice(killed, false).map(({ what, command = '' }) => `${what} ${command}`)
    }
    const [way, ...others] = await ways({})
    expect(others).to.deep.equal([])
    expect(way).to.contain('a recovery feature for the 8 hosts that are not done')
    expect(way).to.contain(': npx lockstep report 20261122-064500-abcd')
    expect(await ways({ killedAt: 3 })).to.deep.equal([])
    expect(await ways({ mode: 'embedded' })).to.deep.equal([])
  })

  for (const [code, said, command] of [
    ['bad-feature', 'this lists the known sentences', 'npx lockstep steps'],
    ['bad-config', 'this looks at the whole configuration', 'LOCKSTEP_CONFIG=my.yaml npx lockstep doctor'],
    ['bad-input', 'and begin again', undefined],
    ['broker-unreachable', 'what mends it', 'LOCKSTEP_CONFIG=my.yaml npx lockstep doctor'],
  ] as const)
    it(`of a run that is refused as ${code} is one that helps there`, () => {
      const refused = new LockstepError(code, 'it is wrong')
      const told = toldRun([{ scenarioId: '3', steps: [{ line: 4 }] }], refused)
      told.invocation = { ...told.invocation, env: { LOCKSTEP_CONFIG: 'my.yaml' } }
      const [way, ...others] = advice(told, false)
      expect(others).to.deep.equal([])
      expect(way?.what).to.contain(said)
      expect(way?.command).to.equal(command)
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
