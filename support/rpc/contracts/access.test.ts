import { expect } from 'chai'
import fc from 'fast-check'
import { contracts } from '.'
import { inputFault } from './contract'

const HASH = `$2y$10$${'a'.repeat(53)}`
const fault = (inputs: Record<string, string>) =>
  inputFault(contracts.access.actions.allow, { site: 'intranet', user: 'alice', hash: HASH, ...inputs })

describe('what a message says to the access agent', () => {
  for (const user of ['alice', 'A', 'a.b_c-d@example.net', '7'])
    it(`may be the user ${user}`, () => expect(fault({ user })).to.equal(undefined))

  for (const user of [
    '',
    'a:b',
    'a\n',
    '\na',
    'a\r',
    'a b',
    ' a',
    '#a',
    '-a',
    'a-',
    'a\0',
    'ä',
    'a\\',
    'a'.repeat(65),
  ])
    it(`may not be the user ${JSON.stringify(user)}`, () => expect(fault({ user })?.kind).to.equal('invalid'))

  for (const site of ['', '..', 'a/b', '/etc/passwd', 'A', 'a.b'])
    it(`may not be the site ${JSON.stringify(site)}`, () => expect(fault({ site })?.kind).to.equal('invalid'))

  for (const hash of [
    '',
    'secret',
    `${HASH}\n`,
    `${HASH}:`,
    HASH.replace('10', '31'),
    HASH.replace('y', 'a'),
    '$apr1$a$b',
  ])
    it(`may not be the hash ${JSON.stringify(hash)}, which is not repeated`, () => {
      expect(fault({ hash })?.kind).to.equal('invalid')
      if (hash !== '') expect(fault({ hash })?.message).not.to.contain(hash)
    })

  for (const address of [
    '192.0.2.7/24',
    'all',
    '192.0.2.7; allow all',
    '',
    'example.net',
    '::ffff:192.0.2.7',
    '1.2.3.4\n',
  ])
    it(`may not be the address ${JSON.stringify(address)}`, () =>
      expect(
        inputFault(contracts.access.actions.allow_address, { site: 'intranet', address })?.kind,
      ).to.equal('invalid'))

  it('never makes a second line or field, for any text', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (user, hash) => {
        if (fault({ user }) === undefined) expect(user).to.match(/^[\w.@-]+$/)
        expect(fault({ hash })?.kind).to.equal('invalid')
      }),
    )
  })
})
