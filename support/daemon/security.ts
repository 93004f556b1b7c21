import { createPublicKey } from 'node:crypto'
import type { ServerEnvironment } from '../config/server_cfg'
import { aesClient, aesServer } from '../protocol/security/aes'
import { choriaServer } from '../protocol/security/choria'
import { pskClient, pskServer } from '../protocol/security/psk'
import type { ClientSecurity, ServerSecurity } from '../protocol/security/security'
import { marshal, yaml } from '../protocol/security/serializer'
import { sslClient, sslServer } from '../protocol/security/ssl'

type Secured = Pick<ServerEnvironment, 'security'>

export function securityOf({ security }: Secured, now: () => number): ServerSecurity {
  switch (security.provider) {
    case 'psk':
      return pskServer(security.secret)
    case 'choria':
      return choriaServer({ ...security, now })
    case 'aes_security':
      return aesServer(security)
    case 'ssl':
      return sslServer(security, security.serializer === 'yaml' ? yaml : marshal)
  }
}

/**
 * Returns the security for a host's own requests, whose answers it does not wait for; undefined where a host has no right
 * to ask.
 */
export function callerOf({ security }: Secured): Pick<ClientSecurity, 'sealRequest'> | undefined {
  switch (security.provider) {
    case 'psk':
      return pskClient(security.secret, `uid=${process.getuid?.() ?? 0}`)
    case 'aes_security':
      return aesClient(security, security.callerid)
    case 'choria':
      return undefined
    case 'ssl': {
      const { privateKey } = security
      const keys = { privateKey, serverPublicKey: createPublicKey(privateKey) }
      return sslClient(keys, security.callerid, security.serializer === 'yaml' ? yaml : marshal)
    }
  }
}
