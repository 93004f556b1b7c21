import { expect } from 'chai'
import fc from 'fast-check'
import { decodeFilter, encodeFilter, FACT_OPERATORS, matchesFilter } from '../protocol/filter'
import { Patterns } from '../protocol/patterns'
import type { Host } from './host'
import { filterOf, matching } from './selection'

const HOST: Host = {
  name: 'web1.example.net',
  environment: 'test',
  classes: ['roles::web', 'nginx'],
  facts: { country: 'de', cores: '16' },
  from: 'hosts.csv:2',
}
const NOBODY_YET = { classes: [], facts: [], identities: [], listed: undefined }

describe('a selection', () => {
  const cases: [string, Partial<typeof NOBODY_YET> | object, boolean][] = [
    ['a class', { classes: ['nginx'] }, true],
    ['a pattern of classes', { classes: ['/^roles::/'] }, true],
    ['one of two classes', { classes: ['nginx', 'mysql'] }, false],
    ['a fact', { facts: [{ fact: 'country', operator: '==', value: 'de' }] }, true],
    ['a fact that is ordered', { facts: [{ fact: 'cores', operator: '>', value: '9' }] }, true],
    ['a fact that it lacks', { facts: [{ fact: 'rack', operator: '!=', value: '7' }] }, false],
    ['one of several identities', { identities: ['web2.example.net', 'web1.example.net'] }, true],
    ['a pattern of identities', { identities: ['/^db/'] }, false],
  ]
  for (const [what, part, expected] of cases)
    it(`by ${what} ${expected ? 'means' : 'leaves out'} the host of the inventory`, () => {
      expect(matching({ hosts: [HOST] }, { ...NOBODY_YET, ...part })).to.deep.equal(
        expected ? [HOST.name] : [],
      )
    })

  it('means the same hosts of the inventory as those that take its request for theirs', () => {
    const text = fc.constantFrom(
      'a',
      'b',
      'ab',
      'B',
      '1',
      '2',
      '10',
      '-1.5',
      '/a/',
      '/^a.?$/',
      '/[/',
      '__proto__',
      '',
    )
    const name = fc.constantFrom('country', 'cores', '__proto__', 'toString', 'a')
    const selection = fc.record({
      classes: fc.array(text, { maxLength: 2 }),
      identities: fc.array(text, { maxLength: 2 }),
      facts: fc.array(fc.record({ fact: name, operator: fc.constantFrom(...FACT_OPERATORS), value: text }), {
        maxLength: 2,
      }),
      listed: fc.constant(undefined),
    })
    const host = fc.record({
      name: text,
      environment: fc.constant(undefined),
      classes: fc.array(text, { maxLength: 3 }),
      facts: fc.dictionary(name, text),
      from: fc.constant('hosts.csv:2'),
    })
    let meant = 0
    fc.assert(
      fc.property(selection, fc.array(host, { maxLength: 8 }), (selection, hosts) => {
        const sent = encodeFilter(filterOf(selection))
        const taken = orRefused(() =>
          hosts
            .filter(({ name: identity, classes, facts }) =>
              matchesFilter(
                decodeFilter(sent),
                { identity, classes, facts, agents: ['discovery', 'package'] },
                new Patterns(),
              ),
            )
            .map((each) => each.name),
        )
        meant += taken.length
        expect(orRefused(() => matching({ hosts }, selection))).to.deep.equal(taken)
      }),
      { numRuns: 2_000 },
    )
    expect(meant).to.be.above(100)
  })
})

/** Returns hosts, or one line about the pattern where it is invalid, on both sides. */
function orRefused(hosts: () => string[]): string[] {
  try {
    return hosts()
  } catch (error) {
    return [(error as Error).message]
  }
}
