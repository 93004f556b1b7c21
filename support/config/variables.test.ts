import { expect } from 'chai'
import fc from 'fast-check'
import { LockstepError } from '../system/errors'
import {
  anyOf,
  expand,
  formatVariables,
  parseGivenVariables,
  pin,
  referencesIn,
  Variables,
} from './variables'

function sentence(work: () => unknown): string {
  try {
    work()
  } catch (error) {
    if (error instanceof LockstepError) return error.message
    throw error
  }
  throw new Error('it was accepted')
}

function defined(values: Record<string, string | (() => string)>): Variables {
  const definitions = Object.entries(values).map(
    ([name, value], index) => [name, { where: `lockstep.yaml:${index + 1}`, value }] as const,
  )
  return new Variables('the environment test', new Map(definitions))
}

describe('a reference to a variable', () => {
  it('is a name between angle brackets, and nothing else is', () => {
    expect(referencesIn('the version of <app> is <version>, <app-2>, <a_b>')).to.deep.equal([
      'app',
      'version',
      'app-2',
      'a_b',
    ])
    for (const text of [
      'cores<8',
      'cores<8 and load>2',
      '<8>',
      '<App>',
      '<a b>',
      '< a>',
      '<>',
      '/(?<name>x)\\k<name>/',
      '\\<app>',
    ])
      expect(referencesIn(text), text).to.deep.equal([])
  })

  it('is replaced, and other text stays; a backslash makes it literal text', () => {
    const of = (name: string) => (name === 'app' ? 'mywebapp <version> $&' : undefined)
    expect(expand('<app>, <other>, \\<app>, cores<8, (?<app>)', of)).to.equal(
      'mywebapp <version> $&, <other>, <app>, cores<8, (?<app>)',
    )
  })

  it('leaves every text without one as it is', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        if (!/<[a-z][\w-]*>/.test(text)) expect(expand(text, () => 'x')).to.equal(text)
      }),
    )
  })

  it('that is pinned stands for its value from then on, however often it is filled', () => {
    fc.assert(
      fc.property(
        fc
          .array(fc.constantFrom('<a>', '<b>', '\\<a>', 'x', ' ', '\\', '<', '(?'))
          .map((parts) => parts.join('')),
        fc.constantFrom('v', '<b>', '\\<a>', ''),
        (text, value) => {
          const of = (name: string) => (name === 'a' ? value : undefined)
          expect(expand(pin(text, of), () => 'other').replaceAll('other', '<b>')).to.equal(expand(text, of))
        },
      ),
    )
  })
})

describe('the variables of an environment', () => {
  it('may be made of others', () => {
    const variables = defined({ url: 'https://<host>/<app>', host: '<app>.example.net', app: 'www' })
    variables.check()
    expect(variables.valueOf('url')).to.equal('https://www.example.net/www')
    expect(variables.within('url')).to.deep.equal(['url', 'host', 'app'])
  })

  it('read a secret when it is asked for, once, and take it as it is', () => {
    let read = 0
    const variables = defined({
      url: 'amqp://<password>@mq',
      password: () => {
        read += 1
        return 'p<url>w'
      },
      plain: 'x',
    })
    variables.check()
    expect([
      read,
      variables.isSecret('url'),
      variables.isSecret('password'),
      variables.isSecret('plain'),
    ]).to.deep.equal([0, true, true, false])
    expect([variables.valueOf('url'), variables.valueOf('password'), read]).to.deep.equal([
      'amqp://p<url>w@mq',
      'p<url>w',
      1,
    ])
  })

  it('give way to those of the run, and a secret stays one', () => {
    const variables = defined({ app: 'www', url: '<app>.net', token: () => 'first' }).overriddenBy(
      new Map([
        ['app', 'shop'],
        ['token', 'second'],
      ]),
      'LOCKSTEP_VARIABLES',
    )
    expect(variables.valueOf('url')).to.equal('shop.net')
    expect([variables.isSecret('token'), variables.valueOf('token')]).to.deep.equal([true, 'second'])
    expect(variables.unexpected).to.deep.equal([])
  })

  it('know which names of a run they do not have, where they have any', () => {
    const given = new Map([['relase', '1']])
    expect(defined({ release: '0' }).overriddenBy(given, 'X').unexpected).to.deep.equal(['relase'])
    expect(defined({}).overriddenBy(given, 'X').unexpected).to.deep.equal([])
  })

  it('of several environments count as one for a run that only reads features', () => {
    const test = defined({ app: 'a\\<b>', only: '1' })
    const live = defined({ app: 'shop', token: () => 'secret' })
    const any = anyOf([test, live])
    expect([any.names, any.valueOf('app'), any.isSecret('token')]).to.deep.equal([
      ['app', 'only', 'token'],
      'a<b>',
      true,
    ])
    expect(any.undefinedSentence('x')).to.contain('in any environment; there are: app, only, token')
  })

  const deep = Object.fromEntries(Array.from({ length: 30 }, (_, n) => [`v${n}`, `<v${n + 1}>`]))
  const wide = Object.fromEntries(
    Array.from({ length: 19 }, (_, n) => [`w${n}`, n === 18 ? 'xx' : `<w${n + 1}>`.repeat(9)]),
  )
  const wrong: [string, () => unknown, RegExp][] = [
    [
      'an undefined one',
      () => defined({ url: '<host>', host: '<hots>' }).check(),
      /^lockstep\.yaml:1: the variable <url> uses <hots>, which is not defined: url → host → hots; there are: host, url$/,
    ],
    [
      'one that is made of itself',
      () => defined({ a: 'x', b: '<c>', c: '<d>', d: '<b>' }).check(),
      /^lockstep\.yaml:2: the variable <b> goes round in a circle: b → c → d → b$/,
    ],
    [
      'a chain that is far too long',
      () => defined({ ...deep, v30: 'x' }).check(),
      /goes through more than 20 others/,
    ],
    ['one that becomes far too long', () => defined(wide).check(), /comes to more than 65536 characters/],
    [
      'a secret that is hardly one',
      () => defined({ pin: () => '123' }).valueOf('pin'),
      /:1: the variable <pin> is too short to be a secret; expected 4 characters or more/,
    ],
    [
      'one that is not there',
      () => defined({ app: 'x' }).valueOf('ap'),
      /the variable <ap> is not defined in the environment test; there are: app\. Give it with LOCKSTEP_VARIABLES='ap=…'/,
    ],
  ]
  for (const [name, work, expected] of wrong)
    it(`say what is wrong with ${name}`, () => expect(sentence(work)).to.match(expected))

  it('have a value or a sentence, however they refer to each other', () => {
    const name = fc.constantFrom('a', 'b', 'c', 'd')
    const text = fc
      .array(
        fc.oneof(
          name.map((each) => `<${each}>`),
          fc.string({ maxLength: 3 }),
        ),
      )
      .map((all) => all.join(''))
    fc.assert(
      fc.property(fc.dictionary(name, text), (values) => {
        const variables = defined(values)
        try {
          variables.check()
        } catch (error) {
          expect(error).to.be.instanceOf(LockstepError)
          return
        }
        for (const each of variables.names) expect(variables.valueOf(each)).to.be.a('string')
      }),
    )
  })
})

describe('LOCKSTEP_VARIABLES', () => {
  it('can be made of values, which it then says again', () => {
    const part = fc.constantFrom('a', '=', ',', '\\', '<b>', '\\<b>', ' ', '\\,')
    const value = fc.array(part, { minLength: 1, maxLength: 6 }).map((parts) => parts.join('').trim())
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom('a', 'b', 'c-1'), value.filter(Boolean)), (values) => {
        const given = parseGivenVariables(formatVariables(values), 'LOCKSTEP_VARIABLES')
        const variables = defined({}).overriddenBy(given, 'LOCKSTEP_VARIABLES')
        variables.check()
        expect(variables.names.sort()).to.deep.equal(Object.keys(values).sort())
        for (const name of variables.names) expect(variables.valueOf(name)).to.equal(values[name])
      }),
      { numRuns: 500 },
    )
  })

  const parse = (text: string) => Object.fromEntries(parseGivenVariables(text, 'LOCKSTEP_VARIABLES'))
  it('is names and values', () => {
    expect(parse('release=2026.11.3, version=4.2.6-3.el5,query=a=b\\,c')).to.deep.equal({
      release: '2026.11.3',
      version: '4.2.6-3.el5',
      query: 'a=b,c',
    })
    expect(parse(' ')).to.deep.equal({})
  })

  const wrong: [string, string][] = [
    ['a=1,hunter2', 'expected name=value as part 2 of 2; a comma in a value is written \\,'],
    ['Hunter2=1', 'expected name=value as part 1 of 1'],
    ['a=1,', 'expected name=value as part 2 of 2'],
    ['a=', 'a has no value'],
    ['a=hunter2\u0007x', 'the value of a is not one line of text'],
    ['a=1,a=hunter2', 'a is given twice'],
  ]
  for (const [text, expected] of wrong) {
    it(`says what is wrong with ${JSON.stringify(text)}, and shows none of it`, () => {
      expect(sentence(() => parse(text))).to.contain(`LOCKSTEP_VARIABLES: ${expected}`)
      expect(sentence(() => parse(text))).not.to.match(/hunter2/i)
    })
  }

  it('is understood or refused, for any text', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          fc.array(fc.constantFrom('a', '=', ',', '\\', '<a>')).map((all) => all.join('')),
        ),
        (text) => {
          try {
            for (const value of Object.values(parse(text))) expect(value).not.to.equal('')
          } catch (error) {
            expect(error).to.be.instanceOf(LockstepError)
          }
        },
      ),
    )
  })
})
