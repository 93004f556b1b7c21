import { expect } from 'chai'
import { isColoured, isLively } from './colour'

describe('the colours of a screen', () => {
  const cases: [string, boolean, Record<string, string>, boolean][] = [
    ['for a person', true, {}, true],
    ['not in a file', false, {}, false],
    ['wanted in a file', false, { FORCE_COLOR: '1' }, true],
    ['not wanted by a person', true, { FORCE_COLOR: '0' }, false],
    ['not wanted, in another word', true, { FORCE_COLOR: 'false' }, false],
    ['wanted and not, which is not', true, { FORCE_COLOR: '1', NO_COLOR: '1' }, false],
    ['not said by empty variables', true, { FORCE_COLOR: '', NO_COLOR: '' }, true],
    ['in the log of GitHub, which shows them', false, { CI: 'true', GITHUB_ACTIONS: 'true' }, true],
    ['in the log of GitLab, which shows them', false, { CI: 'true', GITLAB_CI: 'true' }, true],
    ['not in that of another CI', false, { CI: 'true' }, false],
    ['not in CI where nobody wants them', false, { GITHUB_ACTIONS: 'true', NO_COLOR: '1' }, false],
  ]
  for (const [what, isTerminal, env, expected] of cases)
    it(`are ${what}`, () => expect(isColoured(isTerminal, env)).to.equal(expected))

  it('are of a terminal that can be drawn over, where a person looks on', () => {
    const cases = [
      [{ isTTY: true }, {}],
      [{ isTTY: true }, { CI: 'true' }],
      [{ isTTY: true }, { TERM: 'dumb' }],
      [{ isTTY: false }, {}],
      [{}, {}],
    ] as const
    expect(cases.map(([stream, env]) => isLively(stream, env))).to.deep.equal([
      true,
      false,
      false,
      false,
      false,
    ])
  })
})
