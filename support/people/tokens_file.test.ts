import { chmodSync, readFileSync, statSync, symlinkSync } from 'node:fs'
import { expect } from 'chai'
import fc from 'fast-check'
import { failure } from '../testing/failure'
import { Scratch } from '../testing/scratch'
import { stampOf, type People } from './people_file'
import {
  changeTokens,
  findToken,
  newToken,
  personOfToken,
  readTokens,
  tokensIn,
  type KnownToken,
} from './tokens_file'

const ANNA = { name: 'anna', groups: ['web'], password: 'a hash' }
const PEOPLE: People = new Map([['anna', ANNA]])

describe('the file of tokens', () => {
  let scratch: Scratch
  beforeEach(() => (scratch = new Scratch()))
  afterEach(() => scratch.remove())

  const aToken = (more: Partial<KnownToken> = {}): KnownToken => ({
    person: 'anna',
    name: 'ci',
    hash: newToken().hash,
    acts: ['look'],
    environments: ['test'],
    groups: null,
    stamp: stampOf(ANNA),
    madeAt: 0,
    expiresAt: 1_000,
    ...more,
  })
  const add = (token: KnownToken) => changeTokens(tokensIn(scratch.path), 0, (known) => [...known, token])
  const reasonOf = async (path: string) =>
    (await failure(Promise.resolve().then(() => readTokens(path)))).message

  it('has the hash of a token, and nothing from which the token could be made', () => {
    const { token, hash } = newToken()
    expect(token).to.match(/^lockstep_[\w-]{43}$/)
    add(aToken({ hash }))
    const path = tokensIn(scratch.path)
    expect(statSync(path).mode & 0o777).to.equal(0o600)
    expect(readFileSync(path, 'utf8')).not.to.contain(token.slice(9))
    expect(findToken(readTokens(path), token)?.name).to.equal('ci')
  })

  it('has no token where there is no file', () => {
    expect(readTokens(tokensIn(scratch.path))).to.deep.equal([])
  })

  it('knows no other text', () => {
    const { token, hash } = newToken()
    const known = [aToken({ hash })]
    expect(findToken(known, hash)).to.equal(undefined)
    expect(findToken(known, `${token} `)).to.equal(undefined)
    expect(findToken(known, token.toUpperCase())).to.equal(undefined)
    fc.assert(fc.property(fc.string(), (text) => findToken(known, text) === undefined))
  })

  it('leaves out what is over when it is written again', () => {
    add(aToken())
    changeTokens(tokensIn(scratch.path), 1_000, (known) => [
      ...known,
      aToken({ name: 'next', expiresAt: 2_000 }),
    ])
    expect(readTokens(tokensIn(scratch.path)).map(({ name }) => name)).to.deep.equal(['next'])
  })

  it('is refused where others may read it, where it is a link, and where it is something else', async () => {
    add(aToken())
    const path = tokensIn(scratch.path)
    chmodSync(path, 0o640)
    expect(await reasonOf(path)).to.match(/others than its owner may read or write it.*chmod 600/)
    chmodSync(path, 0o600)
    const link = `${scratch.path}/link`
    symlinkSync(path, link)
    expect(await reasonOf(link)).to.match(/is no file/)
    for (const text of ['', '{}', '{"version":1,"tokens":[{"person":"anna"}]}', '{"version":2,"tokens":[]}'])
      expect(await reasonOf(scratch.write('other.json', text))).to.match(/not what lockstep user has written/)
  })

  it('gives a token the groups that its person has now', () => {
    expect(personOfToken(aToken(), PEOPLE, 999)).to.deep.include({ name: 'anna', groups: ['web'] })
  })

  for (const [what, token, people, now] of [
    ['by its date', {}, PEOPLE, 1_000],
    ['with its person', {}, new Map(), 0],
    ['with the password', {}, new Map([['anna', { ...ANNA, password: 'another' }]]), 0],
    ['where a proxy names people from now on', {}, undefined, 0],
    ['where a file has people from now on', { stamp: null, groups: ['web'] }, PEOPLE, 0],
  ] as const)
    it(`ends a token ${what}`, () => {
      expect(personOfToken(aToken(token as Partial<KnownToken>), people, now)).to.equal(undefined)
    })

  it('has the groups of a person whom a proxy names', () => {
    const token = aToken({ stamp: null, groups: ['night'] })
    expect(personOfToken(token, undefined, 0)).to.deep.equal({ name: 'anna', groups: ['night'] })
  })
})
