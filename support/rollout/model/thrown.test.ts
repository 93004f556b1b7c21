import { expect } from 'chai'
import { runInNewContext } from 'node:vm'
import { placeOf, reasonOf } from './thrown'

const redact = (text: string) => text.replaceAll('geheim', '***')

describe('a thrown value', () => {
  const circle: Record<string, unknown> = {}
  circle['self'] = circle

  const thrown: [string, unknown, string][] = [
    ['an error', new Error('boom'), 'boom'],
    ['an error of another realm', runInNewContext('new Error("boom")'), 'boom'],
    ['a text with a secret', 'no geheim', 'no ***'],
    ['nothing', undefined, 'it gave no reason'],
    ['null', null, 'null'],
    ['an object that contains itself', circle, '<ref *1> { self: [Circular *1] }'],
    ['a number that JSON does not know', 12n, '12n'],
    ['a symbol', Symbol('x'), 'Symbol(x)'],
  ]
  for (const [what, value, reason] of thrown)
    it(`has a reason when it is ${what}`, () => expect(reasonOf(value, redact)).to.equal(reason))

  it('has a place, outside of libraries and of one’s own folder', () => {
    const stack = [
      'Error: boom',
      '    at f (/app/node_modules/x/index.js:1:2)',
      '    at g (/app/support/cucumber/team_code.js:3:4)',
      '    at file:///app/own.mjs:5:6',
    ].join('\n')
    expect(placeOf({ stack }, '/app/support/cucumber/')).to.deep.equal({ path: '/app/own.mjs', line: '5' })
    expect(placeOf('boom', '/app/')).to.equal(undefined)
  })
})
