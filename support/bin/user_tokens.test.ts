import { existsSync } from 'node:fs'
import { expect } from 'chai'
import { readAudit } from '../console/audit'
import { hashPassword } from '../people/password'
import { readTokens, tokensIn } from '../people/tokens_file'
import { failure } from '../testing/failure'
import { Scratch } from '../testing/scratch'
import { tokens } from './user_tokens'

const NONE = { name: 'ci', may: ['look'], in: ['test'], days: undefined, group: [] }

describe('lockstep user, for tokens', () => {
  let scratch: Scratch
  let people: string
  beforeEach(async () => {
    scratch = new Scratch()
    const hash = await hashPassword('correct horse', { ln: 4, r: 1, p: 1 })
    people = scratch.write('people.yaml', `people:\n  anna:\n    groups: []\n    password: ${hash}\n`)
  })
  afterEach(() => scratch.remove())

  const say = async (
    what: string,
    options: Partial<typeof NONE> | { days: string } = {},
    isProxied = false,
  ) =>
    tokens({
      what,
      name: 'anna',
      options: { ...NONE, ...options },
      places: {
        people: isProxied ? undefined : people,
        policy: 'x',
        environments: ['test', 'production'],
        namedBy: 'the proxy',
      },
      state: scratch.path,
    })
  const known = () => readTokens(tokensIn(scratch.path))

  it('print a token alone, and write down who made it', async () => {
    const { text, complaint } = await say('add-token', { may: ['put back, look and plan'] })
    expect(text).to.match(/^lockstep_[\w-]{43}\n$/)
    expect(complaint).to.contain('anna: the token ci may look, plan, put back in test until')
    expect(known()).to.have.length(1)
    expect(readAudit(scratch.path).events[0]).to.include({ type: 'token added', person: 'anna', token: 'ci' })
    expect(JSON.stringify(readAudit(scratch.path))).not.to.contain(text.trim())
  })

  it('remove one, and no other', async () => {
    await say('add-token')
    await say('add-token', { name: 'other' })
    await say('remove-token', { may: [], in: [] })
    expect(known().map(({ name }) => name)).to.deep.equal(['other'])
    const { message } = await failure(say('remove-token', { may: [], in: [] }))
    expect(message).to.equal('there is no token ci of anna; anna has other')
  })

  it('keep the groups of a person whom a proxy names', async () => {
    await say('add-token', { group: ['night'] } as Partial<typeof NONE>, true)
    expect(known()[0]).to.deep.include({ groups: ['night'], stamp: null })
  })

  for (const [what, options, why] of [
    ['no name', { name: undefined }, /has no name; expected --name/],
    ['a name that is none', { name: '../x' }, /can be no name/],
    ['an act that is none', { may: ['lok'] }, /"lok" is no act/],
    ['no act', { may: [] }, /may do nothing/],
    ['no environment', { in: [] }, /is for nowhere/],
    ['an environment that is none', { in: ['tset'] }, /the closest one is test/],
    ['too many days', { days: '367' }, /is no number of days; expected --days from 1 to 366/],
    ['no days', { days: '0' }, /is no number of days/],
    ['groups beside a file of people', { group: ['web'] }, /leave --group out/],
  ] as const)
    it(`make none of ${what}`, async () => {
      const { message } = await failure(say('add-token', options as unknown as Partial<typeof NONE>))
      expect(message).to.match(why)
      expect(existsSync(tokensIn(scratch.path))).to.equal(false)
    })

  it('make no second one of a name', async () => {
    await say('add-token')
    expect((await failure(say('add-token'))).message).to.contain('anna has a token ci already')
  })
})
