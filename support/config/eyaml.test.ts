import { generateKeyPairSync } from 'node:crypto'
import { expect } from 'chai'
import fc from 'fast-check'
import { LockstepError } from '../system/errors'
import { BLOCK, ENCRYPTED, PLAIN, PLAIN_OF_BLOCK, PRIVATE_KEY, PUBLIC_KEY } from '../testing/eyaml'
import { decryptEyaml, expectPair, eyamlPrivateKey } from './eyaml'

const key = eyamlPrivateKey(PRIVATE_KEY, 'keys')
const open = (text: string, by = key) => decryptEyaml(text, 'lockstep.yaml:9: the psk secret', by)
const enc = (body: string) => `ENC[PKCS7,${body}]`

function sentence(work: () => unknown): string {
  try {
    work()
  } catch (error) {
    if (error instanceof LockstepError) return error.message
    throw error
  }
  throw new Error('it was accepted')
}

describe('a value that hiera-eyaml has encrypted', () => {
  it('is what was encrypted', () => {
    expect(open(enc(ENCRYPTED))).to.equal(PLAIN)
    expect(open(BLOCK.trim())).to.equal(PLAIN_OF_BLOCK)
  })

  it('may be broken at any place, without its scheme, and with text around it', () => {
    expect(open(`${enc(ENCRYPTED.replace(/.{40}/g, '$&\r\n   '))}\n`)).to.equal(PLAIN)
    expect(open(`ENC[${ENCRYPTED}]`)).to.equal(PLAIN)
    expect(open(`amqp://me:${enc(ENCRYPTED)}@mq/${enc(ENCRYPTED)}`)).to.equal(
      `amqp://me:${PLAIN}@mq/${PLAIN}`,
    )
  })

  const other = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
  const small = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey
  const flipped = (at: number, bits = 0xff) => {
    const bytes = Buffer.from(ENCRYPTED, 'base64')
    bytes[at] = (bytes[at] ?? 0) ^ bits
    return enc(bytes.toString('base64'))
  }
  const wrong: [string, () => unknown, RegExp][] = [
    [
      'another key',
      () => open(enc(ENCRYPTED), other),
      /is encrypted for another key: serial 01; expected one that/,
    ],
    ['a shorter key', () => open(enc(ENCRYPTED), small), /is encrypted for another key: serial 01/],
    [
      'no base64',
      () => open(enc('MII*')),
      /is not base64 between ENC\[PKCS7, and \]; a part of it may be missing/,
    ],
    ['base64 that lacks its end', () => open(enc(ENCRYPTED.slice(0, -1))), /is not base64/],
    ['nothing', () => open(enc('')), /is not base64/],
    [
      'a message that lacks its end',
      () => open(enc(ENCRYPTED.slice(0, -4))),
      /is no PKCS7 message, or one that is cut short/,
    ],
    [
      'no message',
      () => open(enc(Buffer.from('hello').toString('base64'))),
      /is no PKCS7 message, or one that is cut short/,
    ],
    ['a message that is empty', () => open(enc('MAA=')), /is damaged, or cut short; encrypt it again/],
    [
      'a changed cipher',
      () => open(flipped(344, 1)),
      /is encrypted with the cipher [\d.]+, which is not understood; expected AES or triple DES/,
    ],
    ['a changed end', () => open(flipped(380)), /is damaged, or cut short|does not come out as text/],
    ['no end', () => open(`ENC[PKCS7,${ENCRYPTED}`), /is cut short: expected ENC\[PKCS7,…\] with its \]/],
    [
      'GPG',
      () => open(`ENC[GPG,${ENCRYPTED}]`),
      /is encrypted with GPG, which is not understood; expected ENC\[PKCS7,…\]/,
    ],
    ['a plain text', () => open('hunter2'), /is not encrypted; expected ENC\[PKCS7,…\]/],
    ['far too much', () => open(enc('A'.repeat(5_000_000))), /is too long to be a secret/],
  ]
  for (const [name, work, expected] of wrong) {
    it(`says what is wrong with ${name}`, () => {
      const said = sentence(work)
      expect(said).to.match(/^lockstep\.yaml:9: the psk secret is |^lockstep\.yaml:9: the psk secret does /)
      expect(said).to.match(expected)
      expect(said).not.to.contain('hunter2')
    })
  }

  it('is never answered by anything but its text or a sentence, for any bytes', () => {
    const bytes = Buffer.from(ENCRYPTED, 'base64')
    const mutated = fc
      .array(fc.tuple(fc.nat({ max: bytes.length - 1 }), fc.nat({ max: 255 })), {
        minLength: 1,
        maxLength: 6,
      })
      .map((changes) => {
        const copy = Buffer.from(bytes)
        for (const [at, to] of changes) copy[at] = to
        return copy
      })
    const cut = fc.nat({ max: bytes.length - 1 }).map((length) => bytes.subarray(0, length))
    const nested = fc.nat({ max: 20_000 }).map((depth) => Buffer.alloc(depth, Buffer.from([0x30, 0x80])))
    fc.assert(
      fc.property(fc.oneof(mutated, cut, nested, fc.uint8Array({ maxLength: 400 })), (hostile) => {
        try {
          expect(open(enc(Buffer.from(hostile).toString('base64')))).to.be.a('string')
        } catch (error) {
          expect(error).to.be.instanceOf(LockstepError)
          expect((error as Error).message).not.to.contain(PLAIN)
        }
      }),
      { numRuns: 1_000 },
    )
  })

  it('is refused when it is cut, with any text between the brackets', () => {
    const bytes = Buffer.from(ENCRYPTED, 'base64')
    fc.assert(
      fc.property(fc.nat({ max: bytes.length - 1 }), (length) => {
        expect(sentence(() => open(enc(bytes.subarray(0, length).toString('base64'))))).to.match(
          /psk secret is /,
        )
      }),
    )
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (junk) => {
        expect(sentence(() => open(`ENC[${junk}`))).to.match(/psk secret is /)
      }),
    )
  })
})

describe('the keys of eyaml', () => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const pem = { type: 'pkcs8', format: 'pem' } as const
  it('are taken as createkeys makes them', () => {
    expectPair(key, PUBLIC_KEY, 'keys')
    expect(eyamlPrivateKey(privateKey.export(pem).toString(), 'keys').asymmetricKeyType).to.equal('rsa')
  })

  const locked = privateKey.export({ ...pem, cipher: 'aes-256-cbc', passphrase: 'x' }).toString()
  const elliptic = generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).privateKey.export(pem).toString()
  const wrong: [string, () => unknown, RegExp][] = [
    ['a text', () => eyamlPrivateKey('hunter2', 'k.pem'), /^k\.pem is no private key; expected PEM text$/],
    [
      'a locked key',
      () => eyamlPrivateKey(locked, 'k.pem'),
      /is encrypted itself; give one that has no passphrase/,
    ],
    [
      'another kind of key',
      () => eyamlPrivateKey(elliptic, 'k.pem'),
      /is a key of the type ec; expected RSA/,
    ],
    [
      'a certificate of another pair',
      () => expectPair(privateKey, PUBLIC_KEY, 'c.pem'),
      /^c\.pem is not of the same pair as eyaml.private_key \(its serial is 01\)/,
    ],
    ['no certificate', () => expectPair(key, 'hunter2', 'c.pem'), /^c\.pem is no certificate/],
  ]
  for (const [name, work, expected] of wrong) {
    it(`are refused: ${name}`, () => {
      expect(sentence(work)).to.match(expected)
      expect(sentence(work)).not.to.contain('hunter2')
    })
  }
})
