import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { generateKeyPairSync } from 'node:crypto'
import { expect } from 'chai'
import { Scratch } from '../testing/scratch'
import { busFolderIn, openSigningKey, readPublicKey } from './signing_key'

describe('the key that signs messages of the bus', () => {
  let scratch: Scratch
  beforeEach(() => (scratch = new Scratch()))
  afterEach(() => scratch.remove())
  const path = () => join(busFolderIn(scratch.path), 'signing.key')

  it('is made once, for its owner alone, and stays', () => {
    expect(readPublicKey(scratch.path)).to.equal(undefined)
    const { id } = openSigningKey(scratch.path)
    const shown = readPublicKey(scratch.path)
    expect(openSigningKey(scratch.path).id).to.equal(id)
    expect(readPublicKey(scratch.path)).to.equal(shown)
    expect(statSync(path()).mode & 0o777).to.equal(0o600)
    expect(readdirSync(busFolderIn(scratch.path))).to.deep.equal(['signing.key'])
  })

  it('signs so that openssl agrees, and its id is what openssl makes of the public key', () => {
    const { id, sign } = openSigningKey(scratch.path)
    const key = scratch.write('key.pem', readPublicKey(scratch.path) ?? '')
    const body = Buffer.from('{"a":"ü"}\u0000\n')
    const signature = scratch.write('signature', Buffer.from(sign(body), 'base64'))
    const verify = (content: Buffer) => {
      const files = ['-inkey', key, '-in', scratch.write('body', content), '-sigfile', signature]
      return spawnSync('openssl', ['pkeyutl', '-verify', '-pubin', '-rawin', ...files]).status
    }
    expect(verify(body)).to.equal(0)
    expect(verify(body.subarray(1))).to.equal(1)
    const der = execFileSync('openssl', ['pkey', '-pubin', '-in', key, '-outform', 'DER'])
    const digest = execFileSync('openssl', ['dgst', '-sha256', '-r'], { input: der, encoding: 'utf8' })
    expect(id).to.equal(digest.slice(0, 16))
  })

  it('is refused where others may read it, and where it is none', () => {
    openSigningKey(scratch.path)
    chmodSync(path(), 0o640)
    expect(() => openSigningKey(scratch.path)).to.throw(
      /may be used by others than its owner; say: chmod 600 /,
    )
    chmodSync(path(), 0o600)
    writeFileSync(path(), 'no key')
    expect(() => openSigningKey(scratch.path)).to.throw(
      /the key of the bus .* cannot be read: .*; put it back/,
    )
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    writeFileSync(path(), privateKey.export({ type: 'pkcs8', format: 'pem' }))
    expect(() => openSigningKey(scratch.path)).to.throw(/is of the kind rsa; expected ed25519/)
  })
})
