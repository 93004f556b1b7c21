import { generateKeyPairSync } from 'node:crypto'
import { expect } from 'chai'
import { LockstepError } from '../system/errors'
import { Scratch } from '../testing/scratch'
import { TEST_CERTIFICATE, TEST_KEY } from '../testing/test_certificate'
import { readTlsFiles } from './tls_files'

describe('the files of TLS', () => {
  const scratch = new Scratch()
  after(() => scratch.remove())
  const ca = scratch.write('ca.pem', `# ours\n${TEST_CERTIFICATE}\n${TEST_CERTIFICATE}`)
  const cert = scratch.write('me.pem', TEST_CERTIFICATE)
  const key = scratch.write('me.key', TEST_KEY)
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const other = scratch.write('other.key', privateKey.export({ type: 'pkcs8', format: 'pem' }))
  const encrypted = scratch.write(
    'encrypted.key',
    privateKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' }),
  )
  const garbage = scratch.write('garbage.pem', 'no certificate')
  const spoilt = scratch.write('spoilt.pem', TEST_CERTIFICATE.replace('MIIB', 'AAAA'))

  it('are taken as they are when they fit, bundles of authorities too', () =>
    expect(readTlsFiles({ ca: [ca], cert, key }, 'lockstep.yaml')).to.deep.equal({
      ca: [`# ours\n${TEST_CERTIFICATE}\n${TEST_CERTIFICATE}`],
      cert: TEST_CERTIFICATE,
      key: TEST_KEY,
    }))

  const wrong: [string, Partial<Parameters<typeof readTlsFiles>[0]>, string, string][] = [
    ['a key of another certificate', { key: other }, other, `is the key of another certificate than ${cert}`],
    ['an encrypted key', { key: encrypted }, encrypted, 'it is encrypted; give one that has no passphrase'],
    ['a key that is none', { key: garbage }, garbage, 'holds no client key that can be used'],
    ['an authority that is no certificate', { ca: [ca, garbage] }, garbage, 'holds no CA certificate'],
    ['a damaged authority', { ca: [spoilt] }, spoilt, 'number 1 is damaged'],
    ['a key for a certificate', { cert: key }, key, 'holds no client certificate'],
  ]
  for (const [what, paths, path, said] of wrong)
    it(`name ${what} in a sentence`, () => {
      const read = () => readTlsFiles({ ca: [ca], cert, key, ...paths }, 'lockstep.yaml')
      expect(read).to.throw(LockstepError, said)
      expect(read).to.throw(LockstepError, `lockstep.yaml: ${path} `)
    })
})
