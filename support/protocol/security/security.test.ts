import { createHash, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { expect } from 'chai'
import fc from 'fast-check'
import { checkFreshness } from '../freshness'
import { NO_FILTER } from '../filter'
import { Refusal } from '../refusal'
import { RubyHash, stringHash, symbolHash, type RubyValue } from '../marshal/values'
import { aesClient, aesServer } from './aes'
import { pskClient, pskServer } from './psk'
import type { ClientSecurity, ServerSecurity } from './security'
import { marshal, yaml, type Serializer } from './serializer'
import { sslClient, sslServer } from './ssl'

const request = {
  senderid: 'control.example.net',
  requestid: '0123456789abcdef0123456789abcdef',
  filter: {
    ...NO_FILTER,
    classes: ['roles::web'],
    facts: [{ fact: 'country', value: 'de', operator: '==' as const }],
  },
  collective: 'mcollective',
  agent: 'package',
  ttl: 60,
  msgtime: 1_700_000_000,
  message: symbolHash({ action: 'status', data: symbolHash({ package: 'mywebapp' }) }) as RubyValue,
}
const reply = {
  senderid: 'web1.example.net',
  requestid: request.requestid,
  senderagent: 'package',
  msgtime: 1_700_000_001,
  message: symbolHash({ statuscode: 0, statusmsg: 'OK' }) as RubyValue,
}

function code(work: () => unknown): string {
  try {
    work()
  } catch (error) {
    if (error instanceof Refusal) return error.code
    throw error
  }
  return 'accepted'
}

const server = generateKeyPairSync('rsa', { modulusLength: 2048 })
const alice = generateKeyPairSync('rsa', { modulusLength: 2048 })
const known = (name: string): KeyObject | undefined => (name === 'alice' ? alice.publicKey : undefined)

const pairs: [string, ClientSecurity, ServerSecurity, Serializer][] = [
  ['psk', pskClient('s3cret', 'uid=0'), pskServer('s3cret'), marshal],
  ['ssl with marshal', ...ssl(marshal), marshal],
  ['ssl with yaml', ...ssl(yaml), yaml],
  ['aes_security', ...aes(), marshal],
]

function aes(): [ClientSecurity, ServerSecurity] {
  return [aesClient({ privateKey: alice.privateKey }, 'cert=alice'), aesServer({ clientPublicKey: known })]
}

function ssl(serializer: Serializer): [ClientSecurity, ServerSecurity] {
  return [
    sslClient(
      { privateKey: alice.privateKey, serverPublicKey: createPublicKey(server.privateKey) },
      'cert=alice',
      serializer,
    ),
    sslServer({ privateKey: server.privateKey, clientPublicKey: known }, serializer),
  ]
}

for (const [name, client, host, serializer] of pairs) {
  describe(`${name} security`, () => {
    it('carries a request to a host', () => {
      expect(host.openRequest(client.sealRequest(request))).to.deep.equal({
        ...request,
        callerid: client.callerid,
      })
    })

    it('carries a reply to a client', () => {
      expect(client.openReply(client.peekReply(host.sealReply(reply, client.callerid)))).to.deep.equal(reply)
    })

    it('refuses a body that was changed', () => {
      const sealed = serializer.decode(host.sealReply(reply, client.callerid)) as RubyHash
      const envelope = client.peekReply(serializer.encode(sealed))
      const forged = {
        ...envelope,
        body: serializer.encode(symbolHash({ statuscode: 0, statusmsg: 'forged' })),
      }
      expect(code(() => client.openReply(forged))).to.equal('bad-signature')
    })

    it('refuses hostile envelopes with a refusal, never with another error @long', () => {
      const sealed = client.sealRequest(request)
      fc.assert(
        fc.property(fc.nat(), fc.uint8Array({ minLength: 1, maxLength: 4 }), (position, bytes) => {
          const forged = Buffer.from(sealed)
          forged.set(bytes.subarray(0, forged.length - (position % forged.length)), position % forged.length)
          code(() => host.openRequest(forged))
        }),
        { numRuns: 500 },
      )
    })
  })
}

describe('psk security', () => {
  it('refuses another secret', () => {
    const stranger = pskServer('other')
    expect(code(() => stranger.openRequest(pskClient('s3cret', 'uid=0').sealRequest(request)))).to.equal(
      'bad-signature',
    )
  })

  it('signs as Ruby does: hexadecimal MD5 of the body and the secret', () => {
    const envelope = pskClient('s3cret', 'uid=0').peekReply(pskServer('s3cret').sealReply(reply, 'uid=0'))
    const expected = createHash('md5')
      .update(Buffer.concat([envelope.body, Buffer.from('s3cret')]))
      .digest('hex')
    expect(envelope.hash).to.equal(expected)
  })

  for (const callerid of ['uid=0\nx', 'cert=../../etc/passwd', '', 'uid']) {
    it(`refuses the callerid ${JSON.stringify(callerid)}`, () => {
      expect(code(() => pskServer('s').openRequest(pskClient('s', callerid).sealRequest(request)))).to.equal(
        'bad-envelope',
      )
    })
  }

  it('refuses a request id that is none, and a host name that is none', () => {
    const sealed = (fields: object) => pskServer('s').sealReply({ ...reply, ...fields }, 'uid=0')
    const client = pskClient('s', 'uid=0')
    for (const fields of [
      { requestid: 'A'.repeat(32) },
      { requestid: '0'.repeat(31) },
      { senderid: '../x' },
      { senderid: 'a b' },
    ]) {
      expect(code(() => client.peekReply(sealed(fields)))).to.equal('bad-envelope')
    }
  })
})

describe('ssl security', () => {
  it('refuses a client whose key is not known', () => {
    const [, host] = ssl(marshal)
    const mallory = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const stranger = sslClient(
      { privateKey: mallory.privateKey, serverPublicKey: server.publicKey },
      'cert=mallory',
      marshal,
    )
    const impostor = sslClient(
      { privateKey: mallory.privateKey, serverPublicKey: server.publicKey },
      'cert=alice',
      marshal,
    )
    expect(code(() => host.openRequest(stranger.sealRequest(request)))).to.equal('bad-signature')
    expect(code(() => host.openRequest(impostor.sealRequest(request)))).to.equal('bad-signature')
  })

  it('refuses a ttl or a time that was rewritten outside the signature', () => {
    const [client, host] = ssl(marshal)
    for (const name of ['ttl', 'msgtime']) {
      const sealed = marshal.decode(client.sealRequest(request)) as RubyHash
      for (const [key] of sealed.entries)
        if (String((key as { name: string }).name) === name) sealed.entries.set(key, 9)
      expect(code(() => host.openRequest(marshal.encode(sealed)))).to.equal('bad-signature')
    }
  })
})

describe('aes_security', () => {
  const mallory = generateKeyPairSync('rsa', { modulusLength: 2048 })

  it('refuses a client whose key is not known, or is not its own', () => {
    const [, host] = aes()
    for (const callerid of ['cert=mallory', 'cert=alice', 'uid=0', 'cert=..']) {
      const stranger = aesClient({ privateKey: mallory.privateKey }, callerid)
      expect(code(() => host.openRequest(stranger.sealRequest(request)))).to.equal('bad-signature')
    }
  })

  it('refuses a ttl or a time that was rewritten outside of what is encrypted', () => {
    const [client, host] = aes()
    for (const name of ['ttl', 'msgtime']) {
      const sealed = marshal.decode(client.sealRequest(request)) as RubyHash
      for (const [key] of sealed.entries)
        if (String((key as { name: string }).name) === name) sealed.entries.set(key, 9)
      expect(code(() => host.openRequest(marshal.encode(sealed)))).to.equal('bad-signature')
    }
  })

  it('lets only the caller read a reply', () => {
    const [client, host] = aes()
    const envelope = client.peekReply(host.sealReply(reply, 'cert=alice'))
    const other = aesClient({ privateKey: mallory.privateKey }, 'cert=mallory')
    expect(code(() => other.openReply(envelope))).to.equal('bad-signature')
    expect(code(() => host.sealReply(reply, 'cert=mallory'))).to.equal('bad-signature')
  })

  it('never says the same twice', () => {
    const [client] = aes()
    expect(client.sealRequest(request)).not.to.deep.equal(client.sealRequest(request))
  })
})

describe('YAML from a peer', () => {
  const refused: [string, string, string][] = [
    ['an object', '--- !ruby/object:Gem::Requirement {}', 'forbidden-type'],
    ['a symbol tag', '--- !ruby/sym x', 'forbidden-type'],
    ['an alias of nothing', '--- {a: *x}', 'malformed'],
    ['a value that contains itself', '--- &x [*x]', 'malformed'],
    [
      'a billion laughs',
      `--- [&a [x, x], ${[...'bcdefghijklmnopqrstuvw'].map((n, i) => `&${n} [*${'abcdefghijklmnopqrstuv'[i]}, *${'abcdefghijklmnopqrstuv'[i]}]`).join(', ')}]`,
      'too-large',
    ],
    ['two documents', '--- a\n--- b', 'malformed'],
    ['something unreadable', '--- {a: [', 'malformed'],
    ['nesting 500 deep', `--- ${'['.repeat(500)}${']'.repeat(500)}`, 'too-deep'],
  ]
  for (const [name, text, expected] of refused) {
    it(`refuses ${name}`, () => expect(code(() => yaml.decode(Buffer.from(text)))).to.equal(expected))
  }

  it('reads an alias as what it stands for', () => {
    expect(yaml.decode(Buffer.from('---\n:a: &1 web1\n:b: *1\n'))).to.deep.equal(
      symbolHash({ a: 'web1', b: 'web1' }),
    )
  })

  it('reads what Psych writes', () => {
    const text =
      '---\n:ssl_msg:\n  :a: 1\n  b: "true"\n  c: true\n  d: !binary |-\n    /w==\n  e: 1.5\n:ssl_ttl: 60\n'
    expect(yaml.decode(Buffer.from(text)))
      .to.have.property('entries')
      .with.property('size', 2)
  })

  it('does not let a key named __proto__ be more than a key', () => {
    expect(yaml.decode(yaml.encode(stringHash({ ['__proto__']: 'x' })))).to.deep.equal(
      stringHash({ ['__proto__']: 'x' }),
    )
  })
})

describe('the age of a message', () => {
  it('is refused past its ttl, and as far in the future', () => {
    expect(code(() => checkFreshness(100, 60, 160))).to.equal('accepted')
    expect(code(() => checkFreshness(100, 60, 161))).to.equal('expired')
    expect(code(() => checkFreshness(161, 60, 100))).to.equal('from-the-future')
  })
})
