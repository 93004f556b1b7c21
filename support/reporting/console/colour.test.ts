import { expect } from 'chai'
import { isColoured } from './colour'

describe('the colours of a screen', () => {
  const cases: [string, boolean, Record<string, string>, boolean][] = [
    ['for a person', true, {}, true],
    ['not in a file', false, {}, false],
    ['wanted in a file', false, { FORCE_COLOR: '1' }, true],
    ['not wanted by a person', true, { FORCE_COLOR: '0' }, false],
    ['not wanted, in another word', true, { FORCE_COLOR: 'false' }, false],
    ['wanted and not, which is not', true, { FORCE_COLOR: '1', NO_COLOR: '1' }, false],
    ['not said by empty variables', true, { FORCE_COLOR: '', NO_COLOR: '' }, true],
  ]
  for (const [what, isLively, env, expected] of cases)
    it(`are ${what}`, () => expect(isColoured(isLively, env)).to.equal(expected))
})
