import { expect } from 'chai'
import { LockstepError } from '../../system/errors'
import { parseHosts } from './parse_hosts'

describe('a text in the form of ClusterShell', () => {
  const examples: [string, string[]][] = [
    ['web1', ['web1']],
    ['web[1-2], db7', ['web1', 'web2', 'db7']],
    ['web[1-3,7].example.net', ['web1', 'web2', 'web3', 'web7'].map((name) => `${name}.example.net`)],
    ['n[00-06/3]', ['n00', 'n03', 'n06']],
    ['r[1-2]n[08-09]', ['r1n08', 'r1n09', 'r2n08', 'r2n09']],
    ['web1,web1', ['web1']],
    ['web[1,01]', ['web1', 'web01']],
    ['"a,b",c', ['a,b', 'c']],
  ]
  for (const [text, expected] of examples)
    it(`${text} stands for ${expected.join(' ')}`, () => {
      expect(parseHosts(text)).to.deep.equal(expected)
    })

  const faults: [string, RegExp][] = [
    ['', /no host where one is expected/],
    ['web1,', /no host where one is expected/],
    ['web1,,web2', /no host where one is expected/],
    ['web[1-2', /"web\[1-2" opens a bracket and does not close it/],
    ['web1]', /closes a bracket that is not open/],
    ['web[[1]]', /opens a bracket/],
    ['web[]', /has "" in a bracket; write numbers/],
    ['web[a-b]', /has "a-b" in a bracket; write numbers/],
    ['web[5-1]', /5-1, which goes backwards/],
    ['web[1-5/0]', /no step is 0/],
    ['web[01-100]', /different padding/],
    ['web[1-999999999]', /more than 100000 hosts/],
    ['r[1-1000]n[1-1000]', /more than 100000 hosts/],
    ['web1 web2', /has a blank in a name; write names with commas/],
    ['web*', /has the sign \*/],
    ['web[1-5]!web3', /has the sign !/],
    ['@web', /has the sign @/],
    ['"a', /quotation mark/],
  ]
  for (const [text, message] of faults)
    it(`${JSON.stringify(text)} is refused`, () => {
      expect(() => parseHosts(text)).to.throw(LockstepError, message)
    })
})
