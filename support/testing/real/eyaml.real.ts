import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import fc from 'fast-check'
import { decryptEyaml, eyamlPrivateKey } from '../../config/eyaml'
import { readLockstepYaml } from '../../config/lockstep_yaml'
import { readVariables } from '../../config/variables_file'
import { Scratch } from '../scratch'
import { expectStompRoad } from '../../config/road_places'

const SEED = 20_261_121

describe('hiera-eyaml itself', () => {
  let scratch: Scratch
  before(() => {
    scratch = new Scratch()
    run('eyaml', ['createkeys'])
  })
  after(() => scratch.remove())
  const run = (program: string, args: readonly string[], input = '') =>
    execFileSync(program, args, { cwd: scratch.path, input, stdio: ['pipe', 'pipe', 'pipe'] })
  const encrypted = (plain: string, format: string) =>
    run('eyaml', ['encrypt', '--stdin', '-o', format], plain).toString().trimEnd()
  const key = () =>
    eyamlPrivateKey(readFileSync(join(scratch.path, 'keys', 'private_key.pkcs7.pem'), 'utf8'), 'keys')

  it('encrypts nothing that is not read as it was', () => {
    const text = fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 300 })
      .filter((plain) => !/[\n\r]$/.test(plain))
    for (const [index, plain] of fc.sample(text, { numRuns: 8, seed: SEED }).entries()) {
      const token = encrypted(plain, index % 2 === 0 ? 'string' : 'block').trimStart()
      expect(decryptEyaml(token, 'here: it', key())).to.equal(plain)
    }
  }).timeout(300_000)

  it('reads the secrets of a lockstep.yaml as Lockstep does', () => {
    const block = encrypted('of the broker', 'block').replace(/^ */gm, ' '.repeat(12))
    const text = `eyaml: { private_key: keys/private_key.pkcs7.pem, public_key: keys/public_key.pkcs7.pem }
environments:
  test:
    connector: activemq
    brokers:
      - host: mq1
        password:
          eyaml: >
${block}
    security: { provider: psk, secret: '${encrypted('of the fleet', 'string')}' }
    variables:
      token: ${encrypted('of a variable', 'string')}
`
    const path = scratch.write('lockstep.yaml', text)
    const context = { env: {}, hostname: 'control', uid: 0 }
    const { brokers, security } = expectStompRoad(readLockstepYaml(path, undefined, context), 'a test').road
    expect(brokers.map(({ password }) => password)).to.deep.equal(['of the broker'])
    expect(security).to.include({ secret: 'of the fleet' })
    expect(readVariables(path, undefined, context).valueOf('token')).to.equal('of a variable')
    const plain = run('eyaml', ['decrypt', '-e', path]).toString()
    for (const secret of ['of the broker', 'of the fleet', 'of a variable'])
      expect(plain).to.contain(`DEC::PKCS7[${secret}]!`)
  }).timeout(300_000)
})

describe("openssl's own enveloped data", () => {
  let scratch: Scratch
  before(() => {
    scratch = new Scratch()
    openssl('req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=eyaml -keyout key.pem -out cert.pem')
  })
  after(() => scratch.remove())
  const openssl = (args: string, input = '') =>
    execFileSync('openssl', args.split(' '), { cwd: scratch.path, input, stdio: ['pipe', 'pipe', 'pipe'] })

  for (const cipher of ['aes128', 'aes192', 'aes256', 'des3']) {
    for (const form of ['', ' -stream', ' -keyid']) {
      it(`is read: ${cipher}${form}`, () => {
        const der = openssl(`cms -encrypt -binary -${cipher}${form} -outform DER cert.pem`, 'hunter2')
        const key = eyamlPrivateKey(readFileSync(join(scratch.path, 'key.pem'), 'utf8'), 'key.pem')
        expect(decryptEyaml(`ENC[PKCS7,${der.toString('base64')}]`, 'here: it', key)).to.equal('hunter2')
      })
    }
  }
})
