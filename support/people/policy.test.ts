import { expect } from 'chai'
import fc from 'fast-check'
import { LockstepError } from '../system/errors'
import { ACTS, type Act } from './person'
import { parseCases, parsePolicy, policyOf } from './policy'

const ENVIRONMENTS = ['test', 'production', 'every']

function parse(text: string) {
  return parsePolicy('policy.txt', text, ENVIRONMENTS)
}

function faultOf(text: string): string {
  try {
    parse(text)
  } catch (error) {
    if (error instanceof LockstepError) return error.message
    throw error
  }
  throw new Error('it was expected to fail')
}

describe('a policy', () => {
  const policy = policyOf(
    parse(`# who may do what
everybody may look in every environment
group web may plan, start and put back in test   # and nowhere else
anna may approve in production, and test
`),
  )
  const anna = { name: 'anna', groups: ['ops'] }
  const bert = { name: 'bert', groups: ['web'] }

  it('allows what its sentences say, and nothing else', () => {
    expect(policy.allows(bert, 'look', 'production')).to.equal(true)
    expect(policy.allows(bert, 'put back', 'test')).to.equal(true)
    expect(policy.allows(bert, 'put back', 'production')).to.equal(false)
    expect(policy.allows(bert, 'approve', 'test')).to.equal(false)
    expect(policy.allows(anna, 'approve', 'production')).to.equal(true)
    expect(policy.allows(anna, 'plan', 'test')).to.equal(false)
  })

  it('takes the name of a group for no person, and the other way round', () => {
    expect(policy.allows({ name: 'web', groups: [] }, 'start', 'test')).to.equal(false)
    expect(policy.allows({ name: 'carl', groups: ['anna'] }, 'approve', 'test')).to.equal(false)
  })

  it('that is empty allows nothing', () => {
    for (const act of ACTS) expect(policyOf(parse('# nothing\n\n')).allows(anna, act, 'test')).to.equal(false)
  })

  const faults: [string, RegExp][] = [
    ['anna can look in test', /^policy\.txt:1: there is no "may".*; expected <name>/],
    ['\n\nanna mai look in test', /^policy\.txt:3: there is no "may", and "mai" is like may/],
    [
      'anna may aprove in test',
      /^policy\.txt:1: there is no act "aprove"; expected look.*; the closest one is approve/,
    ],
    [
      'anna may look in prodution',
      /there is no environment "prodution"; there are: .*; the closest one is production/,
    ],
    ['anna may look', /it does not say where/],
    ['anna may in test', /nothing stands where an act/],
    ['anna may look, in test', /"," stands where an act/],
    ['anna may look plan in test', /"plan" stands without a comma or "and" before it/],
    ['anna may look in', /nothing stands where every environment, or environments/],
    ['may look in test', /no one is named/],
    ['anna, bert may look in test', /"anna , bert" names no person and no group/],
    ['group may look in test', /"group" names no person/],
    ['everybdy else may look in test', /"everybdy" is like everybody/],
    ['anna may not look in test', /a policy says what is allowed, and all else is not/],
    ['anna may put in test', /there is no act "put"/],
    ['anna may look in every test', /"test" stands without a comma/],
    ['<script> may look in test', /names no person/],
    ['anna may look in test every environment', /"every" stands without/],
  ]
  for (const [text, expected] of faults)
    it(`says what is wrong with: ${text.trim()}`, () => {
      expect(faultOf(text)).to.match(expected)
    })

  const name = fc
    .stringMatching(/^[a-z][a-z0-9._-]{0,8}$/)
    .filter(
      (each) => !['may', 'in', 'and', 'group', 'every', 'everybody', 'not', 'environment'].includes(each),
    )
  const who = fc.oneof(
    fc.constant({ kind: 'everybody' as const }),
    fc.record({ kind: fc.constantFrom('group' as const, 'person' as const), name }),
  )
  const right = fc.record({
    who,
    acts: fc.uniqueArray(fc.constantFrom<Act>(...ACTS), { minLength: 1 }),
    environments: fc.option(fc.uniqueArray(fc.constantFrom('test', 'production'), { minLength: 1 }), {
      nil: undefined,
    }),
  })
  type Written = typeof right extends fc.Arbitrary<infer R> ? R : never
  const write = ({ who: whom, acts, environments }: Written, comma: string) => {
    const subject =
      whom.kind === 'everybody' ? 'everybody' : whom.kind === 'group' ? `group ${whom.name}` : whom.name
    return `${subject} may ${acts.join(comma)} in ${environments?.join(comma) ?? 'every environment'}`
  }

  it('is read as it was written, however its lists are joined', () => {
    fc.assert(
      fc.property(fc.array(right), fc.constantFrom(', ', ' and ', ',', ' , ', ', and '), (rights, comma) => {
        const text = rights
          .map((each) => `  ${write(each, comma)}\t# a comment may stand here`)
          .join('\r\n\n')
        const read = parse(text).map(({ who: whom, acts, environments }) => ({
          who: whom,
          acts,
          environments,
        }))
        expect(read).to.deep.equal(rights)
      }),
    )
  })

  it('is refused with its line, or read: no text of words breaks its parser', () => {
    const word = fc.constantFrom(
      'may',
      'in',
      'and',
      ',',
      'every',
      'environment',
      'group',
      'anna',
      'look',
      'put',
      'back',
      'test',
      'not',
      'everybody',
      '#',
      '\u202e',
      '__proto__',
      'constructor',
    )
    fc.assert(
      fc.property(fc.array(fc.array(fc.oneof(word, fc.string()))), (lines) => {
        const text = lines.map((words) => words.join(' ').replaceAll('\n', '')).join('\n')
        try {
          for (const { line, acts } of parse(text)) {
            expect(acts.every((act) => ACTS.includes(act))).to.equal(true)
            expect(line).to.be.within(1, lines.length)
          }
        } catch (error) {
          expect(error).to.be.instanceOf(LockstepError)
          expect((error as Error).message).to.match(/^policy\.txt:\d+: /)
        }
      }),
      { numRuns: 500 },
    )
  })

  it('allows no more when a sentence goes', () => {
    fc.assert(
      fc.property(
        fc.array(right, { minLength: 1 }),
        fc.nat(),
        name,
        fc.array(name),
        (rights, at, person, groups) => {
          const all = parse(rights.map((each) => write(each, ', ')).join('\n'))
          const fewer = all.filter((_, index) => index !== at % all.length)
          const one = { name: person, groups }
          for (const act of ACTS)
            for (const environment of ENVIRONMENTS)
              if (policyOf(fewer).allows(one, act, environment))
                expect(policyOf(all).allows(one, act, environment)).to.equal(true)
        },
      ),
    )
  })

  it('is checked by cases that say may, or may not', () => {
    const cases = parseCases(
      'cases',
      'bert may not approve in test\nanna may look in every environment',
      ENVIRONMENTS,
    )
    expect(cases.map(({ isAllowed, line }) => [isAllowed, line])).to.deep.equal([
      [false, 1],
      [true, 2],
    ])
  })
})
