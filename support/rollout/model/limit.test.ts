import { expect } from 'chai'
import { LockstepError } from '../../system/errors'
import { divideByLimit, parseLimit } from './limit'

describe('the limit of a run', () => {
  const all = ['web1.example.net', 'web2.example.net', 'web3.example.net', 'db1.example.net']

  it('divides a roll call, and keeps its order', () => {
    expect(divideByLimit(all, parseLimit('db1.example.net,web2.example.net'))).to.deep.equal({
      within: ['web2.example.net', 'db1.example.net'],
      outside: ['web1.example.net', 'web3.example.net'],
    })
  })

  it('has one text, however its hosts are written', () => {
    expect(parseLimit('web2,web1, web3').text).to.equal(parseLimit('web[1-3]').text)
  })

  const unknown: [string, RegExp][] = [
    ['web11.example.net', /names web11\.example\.net \(the closest is web1\.example\.net\), which is not/],
    ['web2', /names web2 \(the closest is web2\.example\.net\)/],
    ['WEB1.example.net', /names WEB1\.example\.net \(the closest is web1\.example\.net\)/],
    ['x[1-5]', /x1 .*, x2 .*, x3 .* and 2 more, which are not in the roll call of 4 hosts/],
  ]
  for (const [said, message] of unknown)
    it(`is refused where it names ${said}`, () => {
      expect(() => divideByLimit(all, parseLimit(said))).to.throw(LockstepError, message)
    })
})
