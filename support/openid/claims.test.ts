import { expect } from 'chai'
import fc from 'fast-check'
import { isName } from '../people/names'
import { isLackingClaims, personIn, type Claims } from './claims'
import { isFault } from './login_fault'

const EMAIL = { name: 'email', groups: undefined }
const NAME = { name: 'preferred_username', groups: 'groups' }

describe('the claims of an OpenID provider', () => {
  const whyOf = (token: Claims, settings = NAME as Parameters<typeof personIn>[2], more: Claims = {}) => {
    const found = personIn(token, more, settings)
    return isFault(found) ? found.why : found
  }

  it('name a person with their groups', () => {
    expect(personIn({ preferred_username: 'anna', groups: ['web', 'web', 'night'] }, {}, NAME)).to.deep.equal(
      {
        name: 'anna',
        groups: ['web', 'night'],
      },
    )
    expect(personIn({ preferred_username: 'anna', groups: 'web' }, {}, NAME)).to.deep.equal({
      name: 'anna',
      groups: ['web'],
    })
    expect(personIn({ preferred_username: 'anna' }, {}, NAME)).to.deep.equal({ name: 'anna', groups: [] })
    expect(personIn({ sub: 'u-1', groups: ['web'] }, {}, { name: 'sub', groups: undefined })).to.deep.equal({
      name: 'u-1',
      groups: [],
    })
  })

  it('are taken from the id token first, and from elsewhere where it leaves them out', () => {
    const more = { preferred_username: 'bert', groups: ['night'] }
    expect(personIn({ preferred_username: 'anna' }, more, NAME)).to.deep.equal({
      name: 'anna',
      groups: ['night'],
    })
    expect(isLackingClaims({ preferred_username: 'anna' }, NAME)).to.equal(true)
    expect(isLackingClaims({ preferred_username: 'anna', groups: [] }, NAME)).to.equal(false)
    expect(isLackingClaims({ email: 'a@example.org' }, EMAIL)).to.equal(true)
  })

  it('name no one by an email address that the provider has not verified', () => {
    const email = 'anna@example.org'
    const unverified = /has not verified the email address/
    for (const verified of [false, 'true', 1, 'false'])
      expect(whyOf({ email, email_verified: verified }, EMAIL)).to.match(unverified)
    expect(whyOf({ email }, EMAIL)).to.match(/claim email is missing/)
    expect(personIn({ email, email_verified: true }, {}, EMAIL)).to.deep.equal({ name: email, groups: [] })
  })

  it('take no confirmation of another address for that of this one', () => {
    const more = { email: 'eve@example.org', email_verified: true }
    expect(personIn({ email: 'anna@example.org' }, more, EMAIL)).to.deep.equal({
      name: 'eve@example.org',
      groups: [],
    })
    expect(whyOf({ email_verified: true }, EMAIL, more)).to.match(/claim email is missing/)
  })

  const faults: [Claims, RegExp][] = [
    [{}, /claim preferred_username is missing/],
    [{ preferred_username: null }, /claim preferred_username is missing/],
    [{ preferred_username: 'everybody' }, /other signs than a policy/],
    [{ preferred_username: 'anna may' }, /other signs than a policy/],
    [{ preferred_username: ['anna'] }, /other signs than a policy/],
    [{ preferred_username: 'аnna' }, /other signs than a policy/],
    [{ preferred_username: 'anna', groups: ['/web'] }, /a group whose name has other signs/],
    [{ preferred_username: 'anna', groups: ['web', 7] }, /a group whose name has other signs/],
    [{ preferred_username: 'anna', groups: { web: true } }, /a group whose name has other signs/],
    [
      { preferred_username: 'anna', groups: Array.from({ length: 501 }, (_, n) => `g${n}`) },
      /more than 500 groups/,
    ],
  ]
  for (const [claims, expected] of faults)
    it(`name no one: ${JSON.stringify(claims).slice(0, 60)}`, () => {
      expect(whyOf(claims)).to.match(expected)
    })

  it('name someone only as a policy can name them, and repeat nothing of themselves', () => {
    const claims = fc.dictionary(fc.constantFrom('preferred_username', 'groups', '__proto__'), fc.jsonValue())
    fc.assert(
      fc.property(claims, claims, (token, more) => {
        const found = personIn(token, more, NAME)
        if (!isFault(found)) expect([found.name, ...found.groups].every(isName)).to.equal(true)
      }),
    )
    expect(whyOf({ preferred_username: '<script>' })).not.to.contain('script')
  })
})
