import { createPublicKey, generateKeyPairSync } from 'node:crypto'
import { expect } from 'chai'
import { NO_FILTER } from '../filter'
import { RubyHash, RubySymbol, symbolHash, type RubyValue } from '../marshal/values'
import { Refusal } from '../refusal'
import { encodeRpcRequest } from '../rpc_body'
import { aesClient, aesServer } from './aes'
import { pskClient, pskServer } from './psk'
import type { ClientSecurity, ServerSecurity } from './security'
import { marshal, yaml } from './serializer'
import { sslClient, sslServer } from './ssl'

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const keys = { privateKey, serverPublicKey: createPublicKey(privateKey) }
const known = { privateKey, clientPublicKey: () => publicKey }
const setups: [string, ClientSecurity, ServerSecurity, typeof marshal][] = [
  ['psk', pskClient('secret', 'uid=0'), pskServer('secret'), marshal],
  ['ssl', sslClient(keys, 'cert=alice', marshal), sslServer(known, marshal), marshal],
  ['ssl with YAML', sslClient(keys, 'cert=alice', yaml), sslServer(known, yaml), yaml],
  ['aes_security', aesClient({ privateKey }, 'cert=alice'), aesServer(known), marshal],
]

for (const [name, client, server, serializer] of setups) {
  describe(`a request of ours behind ${name}`, () => {
    const message = encodeRpcRequest({
      agent: 'package',
      action: 'update',
      caller: client.callerid,
      data: {},
    })
    const sealed = (content: RubyValue) =>
      client.sealRequest({
        senderid: 'control',
        requestid: 'a'.repeat(32),
        filter: NO_FILTER,
        collective: 'mcollective',
        agent: 'package',
        ttl: 60,
        msgtime: 1_700_000_000,
        message: content,
      })
    const changed = (bytes: Buffer, field: string, value: RubyValue) => {
      const envelope = serializer.decode(bytes) as RubyHash
      for (const key of envelope.entries.keys())
        if (key instanceof RubySymbol && key.name === field) envelope.entries.set(key, value)
      return serializer.encode(envelope)
    }

    it('is opened as it was sealed', () => {
      expect(server.openRequest(sealed(message)).requestid).to.equal('a'.repeat(32))
    })

    const changes: [string, RubyValue][] = [
      ['requestid', 'b'.repeat(32)],
      ['msgtime', 1_700_000_050],
      ['ttl', 600],
      ['collective', 'production'],
    ]
    for (const [field, value] of changes)
      it(`is not opened with another ${field}`, () => {
        expect(() => server.openRequest(changed(sealed(message), field, value))).to.throw(
          Refusal,
          'protected one',
        )
      })

    it('cannot be told that it was bound to nothing', () => {
      for (const bound of ['x', 1, symbolHash({}), symbolHash({ requestid: 1 })]) {
        const forged = new RubyHash(new Map(message.entries))
        forged.entries.set('bound', bound)
        expect(() => server.openRequest(sealed(forged))).to.throw(Refusal)
      }
    })

    it('is no other for what is no RPC: a ping is sealed as it always was', () => {
      expect(server.openRequest(changed(sealed('ping'), 'requestid', 'b'.repeat(32))).message).to.equal(
        'ping',
      )
    })
  })
}
