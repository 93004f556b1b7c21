import { compareSync } from 'bcryptjs'
import { expect } from 'chai'
import { hashPassword, passwordFault } from './password_hash'

const PASSWORD = 'correct horse: 9 ü'

describe('the hash of a password', function () {
  this.timeout(300_000)
  it('is bcrypt as web servers read it, and the same each time', async () => {
    const hash = await hashPassword(PASSWORD, { site: 'intranet', user: 'alice' })
    expect(hash).to.match(/^\$2y\$10\$[./A-Za-z0-9]{53}$/)
    expect(compareSync(PASSWORD, hash)).to.equal(true)
    expect(compareSync(`${PASSWORD} `, hash)).to.equal(false)
    expect(await hashPassword(PASSWORD, { site: 'intranet', user: 'alice' })).to.equal(hash)
  })

  it('has another salt for another user, site or password', async () => {
    const hashes = await Promise.all([
      hashPassword(PASSWORD, { site: 'intranet', user: 'alice' }),
      hashPassword(PASSWORD, { site: 'intranet', user: 'bob' }),
      hashPassword(PASSWORD, { site: 'wiki', user: 'alice' }),
      hashPassword(`${PASSWORD}!`, { site: 'intranet', user: 'alice' }),
    ])
    expect(new Set(hashes.map((hash) => hash.slice(7, 29))).size).to.equal(4)
  })

  it('is made of no password of which bcrypt or a web server would see a part alone', () => {
    for (const fine of ['12345678', 'a'.repeat(72), 'ü'.repeat(36), 'with: colon'])
      expect(passwordFault(fine), fine).to.equal(undefined)
    for (const odd of [
      '',
      '1234567',
      'a'.repeat(73),
      'ü'.repeat(37),
      'abcdefgh\0',
      'abcdefgh\n',
      'abcdefg\ud800',
    ])
      expect(passwordFault(odd), JSON.stringify(odd)).to.be.a('string')
  })
})
