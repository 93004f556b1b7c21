import { createHash, generateKeyPairSync, sign, verify, X509Certificate } from 'node:crypto'
import { expect } from 'chai'
import fc from 'fast-check'
import { Authority } from '../../testing/authority'
import { NO_FILTER } from '../filter'
import { Refusal } from '../refusal'
import { decodeRpcReply, decodeRpcRequest, encodeRpcReply, encodeRpcRequest } from '../rpc_body'
import { choriaClient, choriaServer } from './choria'
import type { ChoriaTrust } from './choria_trust'

const NOW_S = Math.floor(Date.now() / 1000)
const HOUR_MS = 3_600_000

const authority = new Authority()
const anna = authority.issue({ name: 'anna.mcollective' })
const trust: ChoriaTrust = {
  ca: [authority.certificate],
  callers: ['/\\.mcollective$/'],
  privileged: ['/\\.privileged\\.mcollective$/'],
  now: () => Date.now(),
}
const client = choriaClient(anna, 'choria=anna.mcollective')
const server = choriaServer(trust)

const request = {
  senderid: 'control.example.net',
  requestid: 'a'.repeat(32),
  filter: {
    ...NO_FILTER,
    classes: ['roles::web'],
    facts: [{ fact: 'country', operator: '=~' as const, value: '^d' }],
  },
  collective: 'mcollective',
  agent: 'package',
  ttl: 60,
  msgtime: NOW_S,
  message: encodeRpcRequest({
    agent: 'package',
    action: 'update',
    caller: 'choria=anna.mcollective',
    data: { package: 'mywebapp' },
  }),
}
const sealed = client.sealRequest(request)

interface Secure {
  protocol: string
  message: string
  signature: string
  pubcert: string
}
interface Inner {
  protocol: string
  message: string
  envelope: Record<string, unknown>
}
const secureOf = (bytes: Buffer) => JSON.parse(bytes.toString()) as Secure
const innerOf = (bytes: Buffer) => JSON.parse(secureOf(bytes).message) as Inner
const refusal = (work: () => unknown) => {
  try {
    work()
  } catch (error) {
    if (error instanceof Refusal) return `${error.code}: ${error.message}`
    throw error
  }
  return 'opened'
}
const open = (secure: Partial<Secure>, by = server) =>
  refusal(() => by.openRequest(Buffer.from(JSON.stringify({ ...secureOf(sealed), ...secure }))))
/** Returns what becomes of a request that is changed, and signed again by the key of anna’s certificate. */
const openSigned = (change: (inner: Inner) => void, certificate = anna.certificate, by = server) => {
  const inner = innerOf(sealed)
  change(inner)
  const message = JSON.stringify(inner)
  const signature = sign('sha256', Buffer.from(message), anna.privateKey).toString('base64')
  return open({ message, signature, pubcert: certificate }, by)
}

describe('a request with Choria’s security', () => {
  it('has the layers and the keys that Ruby’s client writes', () => {
    const secure = secureOf(sealed)
    expect(Object.keys(secure)).to.deep.equal(['protocol', 'message', 'signature', 'pubcert'])
    expect(secure.protocol).to.equal('choria:secure:request:1')
    expect(secure.pubcert).to.equal(anna.certificate.trimEnd())
    const { publicKey } = new X509Certificate(secure.pubcert)
    expect(
      verify('RSA-SHA256', Buffer.from(secure.message), publicKey, Buffer.from(secure.signature, 'base64')),
    ).to.equal(true)
    expect(innerOf(sealed)).to.deep.equal({
      protocol: 'choria:request:1',
      message: JSON.stringify({
        agent: 'package',
        action: 'update',
        caller: 'choria=anna.mcollective',
        data: { package: 'mywebapp', process_results: true },
      }),
      envelope: {
        requestid: 'a'.repeat(32),
        senderid: 'control.example.net',
        callerid: 'choria=anna.mcollective',
        filter: {
          fact: [{ fact: 'country', value: '^d', operator: '=~' }],
          cf_class: ['roles::web'],
          agent: [],
          identity: [],
          compound: [],
        },
        collective: 'mcollective',
        agent: 'package',
        ttl: 60,
        time: NOW_S,
      },
    })
  })

  it('says ping to a discovery in JSON of its own', () => {
    const ping = client.sealRequest({ ...request, agent: 'discovery', message: 'ping' })
    expect(innerOf(ping).message).to.equal('"ping"')
    expect(server.openRequest(ping).message).to.equal('ping')
  })

  it('comes back as it was', () => {
    const { message, ...opened } = server.openRequest(sealed)
    const { message: sent, ...envelope } = request
    expect(opened).to.deep.equal({ ...envelope, callerid: 'choria=anna.mcollective' })
    expect(decodeRpcRequest(message)).to.deep.equal(decodeRpcRequest(sent))
  })

  it('is read with Ruby’s folded Base64', () => {
    const { signature } = secureOf(sealed)
    expect(open({ signature: signature.replace(/.{60}/g, '$&\n') })).to.equal('opened')
  })

  it('is refused with one changed byte, in whatever layer', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: sealed.length - 1 }),
        fc.integer({ min: 1, max: 255 }),
        (at, by) => {
          const changed = Buffer.from(sealed)
          changed[at] = (changed[at] ?? 0) ^ by
          let opened
          try {
            opened = server.openRequest(changed)
          } catch (error) {
            expect(error).to.be.instanceOf(Refusal)
            return
          }
          // A changed name of an authority’s text, or a space in Base64, changes nothing of what is meant.
          expect(opened).to.deep.equal(server.openRequest(sealed))
        },
      ),
      { numRuns: 300 },
    )
  })

  it('is refused with another filter, id, time, ttl, agent, collective or caller than was signed', () => {
    const changes: [string, unknown][] = [
      ['filter', { fact: [], cf_class: [], agent: [], identity: [], compound: [] }],
      ['requestid', 'b'.repeat(32)],
      ['time', NOW_S + 1],
      ['ttl', 600],
      ['agent', 'service'],
      ['collective', 'other'],
      ['callerid', 'choria=bert.mcollective'],
    ]
    for (const [key, value] of changes) {
      const inner = innerOf(sealed)
      inner.envelope[key] = value
      expect(open({ message: JSON.stringify(inner) }), key).to.match(/^bad-signature: not signed by the key/)
    }
  })

  it('is refused under a foreign name, though it is signed', () => {
    expect(openSigned(({ envelope }) => (envelope['callerid'] = 'choria=bert.mcollective'))).to.equal(
      'bad-signature: the certificate of anna.mcollective was used in the name of choria=bert.mcollective',
    )
    const folded = openSigned(({ envelope }) => (envelope['callerid'] = 'choria=Anna.mcollective'))
    expect(folded).to.match(/^bad-signature/)
  })

  it('is refused with an expired certificate, one of tomorrow, and one of another authority', () => {
    const past = { validFrom: new Date(Date.now() - 2 * HOUR_MS), validTo: new Date(Date.now() - HOUR_MS) }
    const expired = authority.issue({ name: 'anna.mcollective', ...past })
    expect(openSigned(() => {}, expired.certificate)).to.match(
      /^expired: the certificate of anna\.mcollective was/,
    )
    const early = authority.issue({ name: 'anna.mcollective', validFrom: new Date(Date.now() + HOUR_MS) })
    expect(openSigned(() => {}, early.certificate)).to.match(/^from-the-future: the certificate of anna/)
    const foreign = new Authority().issue({ name: 'anna.mcollective' })
    expect(openSigned(() => {}, foreign.certificate)).to.match(/^bad-signature: no known authority/)
  })

  it('is refused with a certificate of one whom the authority has certified, and who issues by themselves', () => {
    const below = new Authority('web1.example.net')
    const { certificate } = below.issue({ name: 'anna.mcollective' })
    const asHost = authority.issue({ name: 'web1.example.net' }).certificate
    expect(openSigned(() => {}, `${certificate}\n${asHost}`)).to.match(/^bad-signature: no known authority/)
    const trusting = choriaServer({ ...trust, ca: [asHost] })
    expect(openSigned(() => {}, anna.certificate, trusting)).to.match(/^bad-signature: no known authority/)
  })

  it('is refused with a host’s own certificate, which is no caller’s', () => {
    const host = authority.issue({ name: 'web1.example.net' })
    const asHost = openSigned(
      ({ envelope }) => (envelope['callerid'] = 'choria=web1.example.net'),
      host.certificate,
    )
    expect(asHost).to.equal(
      'bad-signature: the certificate of web1.example.net is none of those that may ask',
    )
  })

  it('of a privileged certificate is taken in the name of others, and of no other kind', () => {
    const { certificate } = authority.issue({ name: 'web.privileged.mcollective' })
    const inName = (callerid: string) =>
      openSigned(({ envelope }) => (envelope['callerid'] = callerid), certificate)
    expect(inName('choria=bert.mcollective')).to.equal('opened')
    expect(inName('uid=0')).to.match(/^bad-signature/)
  })

  it('is refused with a key in the certificate that is not RSA, or another key', () => {
    const { certificate } = authority.issue({ name: 'anna.mcollective', kind: 'ec' })
    expect(open({ pubcert: certificate })).to.match(/^bad-signature: the certificate of .* no RSA key/)
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const signature = sign('sha256', Buffer.from(secureOf(sealed).message), privateKey).toString('base64')
    expect(open({ signature })).to.match(/^bad-signature: not signed by the key of anna\.mcollective/)
    const sha1 = sign('sha1', Buffer.from(secureOf(sealed).message), anna.privateKey).toString('base64')
    expect(open({ signature: sha1 })).to.match(/^bad-signature/)
  })

  it('is refused with a key that Choria’s envelope does not have', () => {
    expect(openSigned(({ envelope }) => (envelope['more'] = 1))).to.match(
      /^bad-envelope: a request with "more"/,
    )
  })

  it('is refused as another kind or version of message', () => {
    expect(open({ protocol: 'choria:secure:reply:1' })).to.match(/^bad-envelope/)
    expect(open({ protocol: 'choria:secure:request:2' })).to.match(/^bad-envelope/)
    expect(openSigned((inner) => (inner.protocol = 'choria:reply:1'))).to.match(/^bad-envelope/)
  })

  it('is checked for the dates of its certificate each time', () => {
    let now = Date.now()
    const aging = choriaServer({ ...trust, now: () => now })
    expect(open({}, aging)).to.equal('opened')
    now += 2 * 365 * 24 * HOUR_MS
    expect(open({}, aging)).to.match(/^expired/)
  })

  it('is read or refused, and nothing else, whatever comes', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array(),
          fc.json().map((text) => Buffer.from(text)),
        ),
        (bytes) => {
          expect(refusal(() => server.openRequest(Buffer.from(bytes)))).not.to.equal('opened')
          expect(refusal(() => client.peekReply(Buffer.from(bytes)))).not.to.equal('opened')
        },
      ),
    )
  })

  it('with hostile parts in a signed envelope is read or refused, and nothing else', () => {
    fc.assert(
      fc.property(fc.constantFrom(...Object.keys(innerOf(sealed).envelope)), fc.jsonValue(), (key, value) => {
        expect(openSigned(({ envelope }) => (envelope[key] = value))).to.be.a('string')
      }),
      { numRuns: 200 },
    )
  })
})

describe('a reply with Choria’s security', () => {
  const reply = {
    senderid: 'web1.example.net',
    requestid: 'a'.repeat(32),
    senderagent: 'package',
    msgtime: NOW_S,
    message: encodeRpcReply({ statuscode: 0, statusmsg: 'OK', data: { version: '4.2.6', big: 2n ** 63n } }),
  }
  const bytes = server.sealReply(reply, 'choria=anna.mcollective')
  const secure = JSON.parse(bytes.toString()) as { protocol: string; message: string; hash: string }

  it('has the layers and the keys that Ruby’s daemon writes, and no signature', () => {
    expect(Object.keys(secure)).to.deep.equal(['protocol', 'message', 'hash'])
    expect(secure.hash).to.equal(createHash('sha256').update(secure.message).digest('base64'))
    expect(JSON.parse(secure.message)).to.deep.equal({
      protocol: 'choria:reply:1',
      message: '{"statuscode":0,"statusmsg":"OK","data":{"version":"4.2.6","big":9223372036854775808}}',
      envelope: {
        senderid: 'web1.example.net',
        requestid: 'a'.repeat(32),
        agent: 'package',
        time: NOW_S,
      },
    })
  })

  it('comes back as it was', () => {
    const { message, ...opened } = client.openReply(client.peekReply(bytes))
    const { message: sent, ...envelope } = reply
    expect(opened).to.deep.equal(envelope)
    expect(decodeRpcReply(message)).to.deep.equal(decodeRpcReply(sent))
  })

  it('is refused where it does not fit its hash', () => {
    const message = secure.message.replace('4.2.6', '4.2.7')
    expect(refusal(() => client.peekReply(Buffer.from(JSON.stringify({ ...secure, message }))))).to.equal(
      'bad-signature: a reply that was changed on the way',
    )
  })
})
