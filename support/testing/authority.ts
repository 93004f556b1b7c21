import {
  createPublicKey,
  generateKeyPairSync,
  randomBytes,
  sign,
  X509Certificate,
  type KeyObject,
} from 'node:crypto'

export interface IssuedCertificate {
  /** PEM texts. */
  certificate: string
  key: string
  privateKey: KeyObject
}

interface Wanted {
  /** The common name. */
  name: string
  /** Names and addresses for servers. */
  hosts?: readonly string[]
  validFrom?: Date
  validTo?: Date
  /** True for an authority below this one. */
  isAuthority?: boolean
  kind?: 'rsa' | 'ec'
}

const YEAR_MS = 365 * 24 * 3_600_000
let rsa: KeyObject | undefined

/** An authority that issues certificates for tests. The keys of all that it issues are one and the same: RSA takes its time. */
export class Authority {
  private readonly key = ecKey()
  /** Its own certificate, a PEM text. */
  readonly certificate: string

  constructor(private readonly name = 'Lockstep test authority') {
    this.certificate = this.write({ name, isAuthority: true }, this.key)
  }

  issue(wanted: Wanted): IssuedCertificate {
    const privateKey = wanted.kind === 'ec' ? ecKey() : (rsa ??= rsaKey())
    return {
      certificate: this.write(wanted, privateKey),
      key: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
      privateKey,
    }
  }

  private write(wanted: Wanted, owner: KeyObject): string {
    const { name, hosts = [], isAuthority = false } = wanted
    const from = wanted.validFrom ?? new Date(Date.now() - YEAR_MS)
    const to = wanted.validTo ?? new Date(Date.now() + YEAR_MS)
    const algorithm = sequence(oid('2a8648ce3d040302'))
    const extensions = [
      sequence(
        oid('551d13'),
        der(0x01, Buffer.from([0xff])),
        octets(sequence(...(isAuthority ? [TRUE] : []))),
      ),
      ...(hosts.length === 0 ? [] : [sequence(oid('551d11'), octets(sequence(...hosts.map(alternative))))]),
    ]
    const signed = sequence(
      der(0xa0, der(0x02, Buffer.from([2]))),
      der(0x02, Buffer.concat([Buffer.from([1]), randomBytes(8)])),
      algorithm,
      commonName(this.name),
      sequence(time(from), time(to)),
      commonName(name),
      spkiOf(owner),
      der(0xa3, sequence(...extensions)),
    )
    const signature = sign('sha256', signed, this.key)
    const whole = sequence(signed, algorithm, der(0x03, Buffer.concat([Buffer.from([0]), signature])))
    return new X509Certificate(whole).toString()
  }
}

const TRUE = der(0x01, Buffer.from([0xff]))

function ecKey(): KeyObject {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
}

function rsaKey(): KeyObject {
  return generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
}

function spkiOf(key: KeyObject): Buffer {
  return createPublicKey(key).export({ type: 'spki', format: 'der' })
}

function der(tag: number, content: Buffer): Buffer {
  const { length } = content
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from([tag, ...size]), content])
}

function sequence(...parts: Buffer[]): Buffer {
  return der(0x30, Buffer.concat(parts))
}

function octets(content: Buffer): Buffer {
  return der(0x04, content)
}

function oid(hex: string): Buffer {
  return der(0x06, Buffer.from(hex, 'hex'))
}

function commonName(name: string): Buffer {
  return sequence(der(0x31, sequence(oid('550403'), der(0x0c, Buffer.from(name)))))
}

function alternative(host: string): Buffer {
  const address = /^(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(host)
  return address === null
    ? der(0x82, Buffer.from(host))
    : der(0x87, Buffer.from(address.slice(1).map(Number)))
}

function time(date: Date): Buffer {
  const digits = date.toISOString().replace(/[-:T]|\.\d+/g, '')
  return date.getUTCFullYear() < 2050
    ? der(0x17, Buffer.from(digits.slice(2)))
    : der(0x18, Buffer.from(digits))
}
