import { expect } from 'chai'
import { hashPassword, isPasswordOf, parseHash, passwordFault } from './password'

/** A cost that keeps tests short. */
const CHEAP = { ln: 4, r: 1, p: 1 }

describe('a password', () => {
  it('is known by its hash alone, also by one of another cost', async () => {
    const [hash, dearer] = [
      await hashPassword('correct horse', CHEAP),
      await hashPassword('correct horse', { ln: 5, r: 2, p: 2 }),
    ]
    expect(hash).not.to.contain('correct')
    expect(await isPasswordOf(hash, 'correct horse')).to.equal(true)
    expect(await isPasswordOf(dearer, 'correct horse')).to.equal(true)
    expect(await isPasswordOf(hash, 'Correct horse')).to.equal(false)
    expect(await isPasswordOf(hash, '')).to.equal(false)
  })

  it('has another hash each time', async () => {
    expect(await hashPassword('correct horse', CHEAP)).not.to.equal(
      await hashPassword('correct horse', CHEAP),
    )
  })

  it('is one in both forms of Unicode', async () => {
    const hash = await hashPassword('caf\u00e9 caf\u00e9 caf\u00e9', CHEAP)
    expect(await isPasswordOf(hash, 'cafe\u0301 cafe\u0301 cafe\u0301')).to.equal(true)
  })

  it('is scrypt as Python has it', async () => {
    // hashlib.scrypt(b'pleaseletmein', salt=b'0123456789abcdef', n=16384, r=8, p=1, dklen=32)
    const written = `$scrypt$ln=14,r=8,p=1$MDEyMzQ1Njc4OWFiY2RlZg==$wOBlTLx2kTvDnlM7GeRqLPJSaL8dgO6Mbiarn6WFHEI=`
    expect(await isPasswordOf(written, 'pleaseletmein')).to.equal(true)
    expect(await isPasswordOf(written, 'pleaseletmeout')).to.equal(false)
  })

  it('has no hash that would cost more than a process affords', () => {
    const hashOf = (cost: string) => `$scrypt$${cost}$${'A'.repeat(22)}==$${'A'.repeat(43)}=`
    expect(parseHash(hashOf('ln=15,r=8,p=3'))).not.to.equal(undefined)
    for (const cost of ['ln=30,r=8,p=1', 'ln=15,r=99,p=1', 'ln=15,r=8,p=99', 'ln=0,r=8,p=1'])
      expect(parseHash(hashOf(cost)), cost).to.equal(undefined)
  })

  it('is refused without a word of it', () => {
    expect(passwordFault(Buffer.from('twelve \xff letters', 'latin1').toString())).to.equal(
      'has a sign that is no UTF-8',
    )
    expect(passwordFault('short')).to.equal('is shorter than 12 characters')
    expect(passwordFault('with a tab\there')).to.match(/control character/)
    expect(passwordFault('x'.repeat(1_025))).to.equal('is longer than 1024 bytes')
    expect(passwordFault('twelve signs')).to.equal(undefined)
  })
})
