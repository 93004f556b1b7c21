import { verify, type KeyObject } from 'node:crypto'
import type { OutgoingMessage } from '../connectors/stomp/connection'
import type { Frame } from '../connectors/stomp/frame'
import { excerpt } from '../system/redaction'
import type { SigningKey } from './signing_key'

/** A message as it came from a broker. */
export type Arrived = Pick<Frame, 'headers' | 'body' | 'dropped'>

/** A key that is believed, and whose it is. */
export interface BelievedKey {
  name: string
  key: KeyObject
}

/** The bytes of a message and who signed them; or why it is not believed. */
export type Opened = { by: string; body: Buffer } | { why: string }

const SIGNATURE_BYTES = 64

/** Returns a message for a durable queue, signed as those of the bus are. */
export function seal(key: SigningKey, destination: string, document: object): OutgoingMessage {
  const body = Buffer.from(JSON.stringify(document))
  const headers = {
    destination,
    ...DURABLE,
    persistent: 'true',
    'content-type': 'application/json',
    lockstep_key: key.id,
    lockstep_signature: key.sign(body),
  }
  return { headers, body }
}

/**
 * The properties of the queues, for RabbitMQ: those who send and those who subscribe have to name the same ones. A queue
 * outlives the broker, and stays when nobody listens.
 */
export const DURABLE = { durable: 'true', 'auto-delete': 'false', exclusive: 'false' } as const

/** Returns the headers of a subscription that gets one message, and the next once that is acknowledged. */
export function oneByOne(destination: string): Record<string, string> {
  return {
    destination,
    ack: 'client-individual',
    ...DURABLE,
    'prefetch-count': '1',
    'activemq.prefetchSize': '1',
  }
}

/** Opens a message: its bytes are looked into only when a believed key has signed exactly them. */
export function openSealed(
  { headers, body, dropped }: Arrived,
  believed: ReadonlyMap<string, BelievedKey>,
  atMost: number,
): Opened {
  const bytes = dropped ?? body.length
  if (bytes > atMost) return { why: `has ${bytes} bytes; at most ${atMost} are read` }
  const [id, signature] = [headers['lockstep_key'], headers['lockstep_signature']]
  if (id === undefined || signature === undefined) return { why: 'is not signed' }
  const signer = believed.get(id)
  if (signer === undefined)
    return { why: `is signed with the key ${JSON.stringify(excerpt(id, 16))}, which is not believed` }
  const written = Buffer.from(signature, 'base64')
  if (written.length !== SIGNATURE_BYTES || !verify(null, body, signer.key, written))
    return { why: `has a wrong signature in the name of ${signer.name}` }
  return { by: signer.name, body }
}

/** Parses the document of a message; undefined where it is no JSON. */
export function parseDocument(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8')) as unknown
  } catch {
    return undefined
  }
}
