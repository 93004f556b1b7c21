import { execFileSync } from 'node:child_process'
import type { Scratch } from '../scratch'

export interface TestCertificates {
  ca: string
  clientCert: string
  clientKey: string
  serverStore: string
  trustStore: string
  storePassword: string
}

/** Makes a certificate authority for one test, a server certificate for 127.0.0.1 and one for a client. */
export function makeCertificates(scratch: Scratch): TestCertificates {
  const at = (name: string) => `${scratch.path}/${name}`
  const openssl = (...args: string[]) => execFileSync('openssl', args, { stdio: 'pipe' })
  const storePassword = 'changeit'
  openssl(
    'req',
    '-x509',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-days',
    '2',
    '-subj',
    '/CN=Lockstep test CA',
    '-keyout',
    at('ca.key'),
    '-out',
    at('ca.pem'),
  )
  const names = scratch.write('san.cnf', 'subjectAltName = IP:127.0.0.1\n')
  for (const who of ['server', 'client']) {
    openssl(
      'req',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-subj',
      `/CN=${who}`,
      '-keyout',
      at(`${who}.key`),
      '-out',
      at(`${who}.csr`),
    )
    openssl(
      'x509',
      '-req',
      '-days',
      '2',
      '-in',
      at(`${who}.csr`),
      '-CA',
      at('ca.pem'),
      '-CAkey',
      at('ca.key'),
      '-CAcreateserial',
      '-extfile',
      names,
      '-out',
      at(`${who}.pem`),
    )
  }
  openssl(
    'pkcs12',
    '-export',
    '-in',
    at('server.pem'),
    '-inkey',
    at('server.key'),
    '-passout',
    `pass:${storePassword}`,
    '-out',
    at('server.p12'),
  )
  execFileSync(
    'keytool',
    [
      '-importcert',
      '-noprompt',
      '-alias',
      'ca',
      '-file',
      at('ca.pem'),
      '-keystore',
      at('trust.p12'),
      '-storetype',
      'PKCS12',
      '-storepass',
      storePassword,
    ],
    { stdio: 'pipe' },
  )
  return {
    ca: at('ca.pem'),
    clientCert: at('client.pem'),
    clientKey: at('client.key'),
    serverStore: at('server.p12'),
    trustStore: at('trust.p12'),
    storePassword,
  }
}
