import { createHmac } from 'node:crypto'
import type { Redact } from '../system/redaction'
import type { Channel } from './channel'
import { documentOf } from './document'
import { post } from './post'
import type { WebhookSettings } from './settings'

/** Makes a channel that sends JSON to any address, with a proof of where it came from. */
export function webhook(settings: WebhookSettings, redact: Redact): Channel {
  const { url, bearer, hmac, ca, on, template } = settings
  return {
    name: `webhook ${new URL(url).host}`,
    on,
    async deliver(message, signal) {
      const body = documentOf(message, template)
      const headers = {
        'idempotency-key': message.key,
        ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
        ...(hmac === undefined ? {} : { 'x-lockstep-signature': signatureOf(body, hmac) }),
      }
      await post({ url, headers, body, ca, redact }, signal)
    },
  }
}

function signatureOf(body: string, secret: string): string {
  return `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`
}
