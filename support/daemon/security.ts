import { createPublicKey } from 'node:crypto'
import type { ServerEnvironment } from '../config/server_cfg'
import { aesClient, aesServer } from '../protocol/security/aes'
import { pskClient, pskServer } from '../protocol/security/psk'
import type { ClientSecurity, ServerSecurity } from '../protocol/security/security'
import { marshal, yaml } from '../protocol/security/serializer'
import { sslClient, sslServer } from '../protocol/security/ssl'

type Secured = Pick<ServerEnvironment, 'security'>

export function securityOf({ security }: Secured): ServerSecurity {
  switch (security.provider) {
    case 'psk':
      return pskServer(security.secret)
    case 'aes_security':
      return aesServer(security)
    case 'ssl':
      return sslServer(security, security.serializer === 'yaml' ? yaml : marshal)
  }
}

/** Returns the security for a host's own requests, whose answers it does not wait for. */
export function callerOf({ security }: Secured): Pick<ClientSecurity, 'sealRequest'> {
  switch (security.provider) {
    case 'psk':
      return pskClient(security.secret, `uid=${process.getuid?.() ?? 0}`)
    case 'aes_security':
      return aesClient(security, security.callerid)
    case 'ssl': {
      const { privateKey } = security
      const keys = { privateKey, serverPublicKey: createPublicKey(privateKey) }
      return sslClient(keys, security.callerid, security.serializer === 'yaml' ? yaml : marshal)
    }
  }
}
