import net from 'node:net'
import tls from 'node:tls'
import type { BrokerAddress, BrokerTls } from '../connectors/stomp/broker'

/** The certificate that a broker shows before anything is sent to it. */
export interface ShownCertificate {
  /** The end of its certificate; undefined where it shows none. */
  validTo: Date | undefined
  /** The name that its certificate is for. */
  name: string
  /** The code of what is wrong with it; undefined where it is trusted for this name. */
  fault: string | undefined
}

/**
 * Asks a broker for its certificate, and sends it nothing. One that `greets` says a line first, without TLS. A
 * certificate that is not trusted is returned like any other.
 * @throws Error where there is no TLS to be had there
 */
export function readCertificate(
  { host, port }: BrokerAddress,
  { ca, cert, key }: BrokerTls,
  withinMs: number,
  greets = false,
): Promise<ShownCertificate> {
  return new Promise((resolve, reject) => {
    const tooLate = () => new Error('it does not answer to TLS')
    const plain = net.connect({ host, port })
    plain.setTimeout(withinMs, () => plain.destroy(tooLate()))
    plain.on('error', reject)
    plain.on('close', () => reject(new Error('it closed the connection')))
    plain.once(greets ? 'data' : 'connect', () => secure(plain))
    const secure = (under: net.Socket) => {
      const socket = tls.connect(
        {
          socket: under,
          // The name that the certificate has to be for; without it, localhost would be expected.
          host,
          // The fault is judged here: it is the very thing to be told.
          rejectUnauthorized: false,
          ...(net.isIP(host) === 0 ? { servername: host } : {}),
          ...(ca === undefined ? {} : { ca }),
          ...(cert === undefined ? {} : { cert }),
          ...(key === undefined ? {} : { key }),
        },
        () => {
          const { subject, subjectaltname, valid_to: until } = socket.getPeerCertificate()
          const fault = socket.authorized ? undefined : codeOf(socket.authorizationError)
          const name = subjectaltname ?? nameIn(subject)
          const validTo = until === undefined ? undefined : new Date(until)
          socket.destroy()
          resolve({ validTo, name, fault })
        },
      )
      socket.on('error', reject)
    }
  })
}

function nameIn(subject: tls.Certificate | undefined): string {
  const name: unknown = subject?.CN
  return typeof name === 'string' ? name : 'no name'
}

function codeOf(error: unknown): string {
  if (typeof error === 'string') return error
  return (error as { code?: string } | null)?.code ?? 'not trusted'
}
