import { createPublicKey, generateKeyPairSync } from 'node:crypto'
import { expect } from 'chai'
import { NO_FILTER } from '../../protocol/filter'
import { encodeRpcRequest } from '../../protocol/rpc_body'
import { Refusal } from '../../protocol/refusal'
import { aesClient, aesServer } from '../../protocol/security/aes'
import { pskClient, pskServer } from '../../protocol/security/psk'
import type { ClientSecurity, OpenedRequest, ServerSecurity } from '../../protocol/security/security'
import { marshal } from '../../protocol/security/serializer'
import { sslClient, sslServer } from '../../protocol/security/ssl'
import type { Clock } from '../../system/clock'
import { contracts } from '../contracts'
import type { Agent } from './agent'
import { RpcHost } from './host'

const NOW = 1_700_000_000
const clock: Clock = { now: () => NOW * 1000, elapsed: () => 0, after: () => () => {} }
/** The number of envelopes to try: a few seconds' worth, or `LOCKSTEP_FUZZ`. */
const TRIES = Number(process.env['LOCKSTEP_FUZZ'] ?? 20_000)

const alice = generateKeyPairSync('rsa', { modulusLength: 2048 })
const known = (name: string) => (name === 'alice' ? alice.publicKey : undefined)
const { privateKey } = alice
const keys = { privateKey, serverPublicKey: createPublicKey(privateKey) }
const setups: [string, number, ClientSecurity, ServerSecurity][] = [
  ['psk', TRIES, pskClient('secret', 'uid=0'), pskServer('secret')],
  [
    'ssl',
    TRIES / 10,
    sslClient(keys, 'cert=alice', marshal),
    sslServer({ privateKey, clientPublicKey: known }, marshal),
  ],
  [
    'aes_security',
    TRIES / 100,
    aesClient({ privateKey }, 'cert=alice'),
    aesServer({ clientPublicKey: known }),
  ],
]

for (const [name, tries, client, security] of setups) {
  describe(`a host behind ${name}, given anything`, () => {
    it('carries nothing out but what was signed, answers nothing else, and never breaks @long', async () => {
      const random = generator(7)
      let performed = 0
      const opened: OpenedRequest[] = []
      const agent: Agent = {
        contract: contracts.package,
        actions: { update: () => ({ ensure: String((performed += 1)) }) },
      }
      const host = new RpcHost({
        subject: { identity: 'web1', classes: ['roles::web'], facts: {}, agents: ['package'] },
        collectives: ['mcollective'],
        security: {
          ...security,
          openRequest(bytes) {
            const request = security.openRequest(bytes)
            opened.push(request)
            return request
          },
        },
        agents: new Map([['package', agent]]),
        clock,
        onRefused: () => {},
      })
      const requests = Array.from({ length: 50 }, (_, index) => seal(client, index))
      const [whole = Buffer.alloc(0)] = requests
      const signed = new Set(
        requests.map((bytes) => JSON.stringify(security.openRequest(bytes).message, plainly)),
      )
      for (let turn = 0; turn < tries; turn += 1) {
        // One request in ten stays whole: that some are carried out shows that there was something to break.
        const bytes =
          random(10) === 0 ? (requests[random(requests.length)] ?? whole) : mutate(requests, random)
        const before = performed
        opened.length = 0
        const reply = await host.handle(bytes)
        if (performed === before && reply === undefined) continue
        expect(signed.has(JSON.stringify(opened[0]?.message, plainly)), bytes.toString('hex')).to.equal(true)
      }
      expect(performed).to.be.above(0)
    })
  })
}

describe('hostile requests', () => {
  const client = pskClient('secret', 'uid=0')
  const handled = async (fields: object) => {
    const refused: string[] = []
    let performed = 0
    const host = new RpcHost({
      subject: { identity: 'web1', classes: [], facts: {}, agents: ['package'] },
      collectives: ['mcollective'],
      security: pskServer('secret'),
      agents: new Map([
        [
          'package',
          { contract: contracts.package, actions: { update: () => ({ ensure: String((performed += 1)) }) } },
        ],
      ]),
      clock,
      onRefused: (reason) => refused.push(reason),
    })
    const reply = await host.handle(seal(client, 2, fields))
    return { reply, performed, refused }
  }

  const cases: [string, object][] = [
    ['is a year old, and says that it is valid for two', { msgtime: NOW - 31_536_000, ttl: 63_072_000 }],
    ['is older than any request may be', { msgtime: NOW - 601, ttl: 100_000 }],
    ['is a year ahead', { msgtime: NOW + 31_536_000, ttl: 100_000_000 }],
    ['has no time to live', { msgtime: NOW - 1, ttl: 0 }],
    ['has a negative time to live', { ttl: -60 }],
    ['is from nobody', { senderid: '' }],
    ['is from a path', { senderid: '../../etc/passwd' }],
    ['has a request id that is none', { requestid: 'x'.repeat(32) }],
  ]
  for (const [what, fields] of cases) {
    it(`are not carried out when one ${what}`, async () => {
      const { reply, performed, refused } = await handled(fields)
      expect({ reply, performed }).to.deep.equal({ reply: undefined, performed: 0 })
      expect(refused).to.have.length(1)
    })
  }

  for (const callerid of ['cert=../../x', 'cert=a/b', 'uid=0\nx', '', 'cert=..%2fx']) {
    it(`are not carried out for the caller ${JSON.stringify(callerid)}`, () => {
      const bytes = seal(pskClient('secret', callerid), 1)
      expect(() => pskServer('secret').openRequest(bytes)).to.throw(Refusal)
    })
  }
})

let count = 0
function seal(client: ClientSecurity, seed: number, fields: object = {}): Buffer {
  count += 1
  const data = { package: `app${seed}` }
  return client.sealRequest({
    senderid: 'control',
    requestid: count.toString(16).padStart(32, '0'),
    filter: seed % 2 === 0 ? NO_FILTER : { ...NO_FILTER, classes: ['roles::web'], agents: ['package'] },
    collective: 'mcollective',
    agent: 'package',
    ttl: 60,
    msgtime: NOW,
    message: encodeRpcRequest({ agent: 'package', action: 'update', caller: client.callerid, data }),
    ...fields,
  })
}

type Random = (below: number) => number

/** Returns a generator of numbers that depend on the seed alone, so that a failure can be repeated. */
function generator(seed: number): Random {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}

const INTERESTING = [0, 1, 4, 8, 0x22, 0x3a, 0x3b, 0x40, 0x49, 0x5b, 0x69, 0x6c, 0x6f, 0x7b, 0x7f, 0x80, 0xff]

/**
 * Returns a request with a few bytes flipped, cut, doubled, swapped with another's, or replaced by values that Marshal
 * reads.
 */
function mutate(requests: readonly Buffer[], random: Random): Buffer {
  const pick = () => requests[random(requests.length)] ?? Buffer.alloc(0)
  let bytes = Buffer.from(pick())
  for (let times = random(4); times >= 0; times -= 1) {
    const at = random(bytes.length + 1)
    const to = Math.min(bytes.length, at + random(40))
    switch (random(7)) {
      case 0:
        if (at < bytes.length) bytes[at] = (bytes[at] ?? 0) ^ (1 << random(8))
        break
      case 1:
        if (at < bytes.length) bytes[at] = INTERESTING[random(INTERESTING.length)] ?? 0
        break
      case 2:
        bytes = bytes.subarray(0, at)
        break
      case 3:
        bytes = Buffer.concat([bytes.subarray(0, to), bytes.subarray(at)])
        break
      case 4: {
        const other = pick()
        bytes = Buffer.concat([bytes.subarray(0, at), other.subarray(at)])
        break
      }
      case 5:
        bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(to)])
        break
      case 6:
        bytes = Buffer.concat([
          bytes.subarray(0, at),
          Buffer.from([random(256), random(256)]),
          bytes.subarray(at),
        ])
    }
  }
  return bytes
}

function plainly(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return String(value)
  return value instanceof Map ? [...value] : value
}
