import { expect } from 'chai'
import { phraseOf } from '../testing/feature_lines'
import { rollbackFeatureOf, type RollbackText } from './rollback_feature'

const SOURCE = `Feature: Web
  Background:
    Given I want to update hosts with class roles::web
    And no host may go back to an older version
  Scenario: Web
    When I update the package <app>
    And I install version 7 of the package lib
    Then the service <app> should be running
`
const line = (number: number, phrase: string, values: Record<string, string> = {}) => ({
  line: number,
  text: '',
  keyword: 'When ',
  expression: phrase,
  values: Object.entries(values).map(([type, value]) => ({ type, value })),
})
const UPDATE = phraseOf('I update the package web')
const INSTALL = phraseOf('I install version 7 of the package lib')
const SELECT = phraseOf('I want to update hosts with class roles::web')

function write(change: Partial<RollbackText> = {}, lines = [line(6, UPDATE ?? '', { package: 'web' })]) {
  const steps = [line(3, SELECT ?? ''), ...lines, line(7, INSTALL ?? '', { version: '7', package: 'lib' })]
  return rollbackFeatureOf({
    from: 'B',
    to: 'A',
    run: 'r1',
    feature: 'web.feature',
    source: SOURCE,
    plan: [{ uri: 'web.feature', scenarioId: '5', name: 'Web', tags: [], steps }],
    hosts: ['web1', 'web2'],
    waves: undefined,
    values: new Map([['app', 'web']]),
    versions: new Map([['web', '1.2']]),
    limits: ['Not undone: data.'],
    commands: ['cucumber-js -p live back.feature'],
    ...change,
  })
}

describe('the feature of a rollback', () => {
  it('is that of the release before, with the hosts that were changed and the versions they had', () => {
    const text = write()
    expect(text).to.contain('Feature: Web (back to release A)')
    expect(text).to.contain('    | web1 |\n').and.to.contain('    | web2 |\n')
    expect(text).to.contain('    When I install version 1.2 of the package web\n')
    expect(text).to.contain('    And I install version 7 of the package lib\n')
    expect(text).not.to.contain('roles::web').and.not.to.contain('I update the package')
  })

  it('says above what it goes back from and to, on which hosts, and what it does not undo', () => {
    const text = write()
    expect(text).to.contain('# Back from release B to release A, by run r1 of web.feature.')
    expect(text).to.contain('# Hosts that release B has changed: web[1-2].')
    expect(text).to.contain('# Before release B they had web 1.2.')
    expect(text).to.contain('# Not undone: data.')
    expect(text).to.contain('#   cucumber-js -p live back.feature')
  })

  it('leaves out a line that forbids older versions, and says so', () => {
    const forbids = line(4, phraseOf('no host may go back to an older version') ?? '')
    const text = write({}, [forbids, line(6, UPDATE ?? '', { package: 'web' })])
    expect(text).not.to.contain('And no host may')
    expect(text).to.contain('# A line that forbids older versions is left out')
  })

  it('is not written where a line would bring the newest version, another one, or none', () => {
    expect(() => write({ versions: new Map() })).to.throw('brings the newest web')
    expect(() =>
      write({
        versions: new Map([
          ['web', '1.2'],
          ['lib', '6'],
        ]),
      }),
    ).to.throw('brings lib 7, and the hosts had 6')
    expect(() =>
      write({
        versions: new Map([
          ['web', '1.2'],
          ['other', '1'],
        ]),
      }),
    ).to.throw('no line of the feature of release A brings one')
    expect(() => write({ values: new Map() })).to.throw('has its package from a table')
  })
})
