import type { NodemailerError, SMTPTransportOptions } from 'nodemailer'
import { DeliveryError, PartlyDelivered, type Channel, type Message } from './channel'
import { networkFault } from './network_fault'
import type { EmailSettings } from './settings'
import { asIs, fill } from './template'
import { namesOf, oneLine, summaryOf } from './words'

const MAX_SUBJECT = 200

/** Makes a channel that sends email by way of a server, with a connection for each message. */
export function email(settings: EmailSettings, within: number): Channel {
  const { server, from, to, on, template } = settings
  return {
    name: `email ${server}`,
    on,
    async deliver(message, signal) {
      // The module is loaded only here: it takes long, and few runs have anything to mail.
      const { createTransport } = require('nodemailer') as typeof import('nodemailer')
      const transport = createTransport(optionsOf(settings, within))
      try {
        const { rejected } = await transport.sendMail({
          from,
          to: [...to],
          messageId: `<${message.key.replaceAll('/', '.')}@lockstep>`,
          subject: subjectOf(message),
          text: template === undefined ? textOf(message) : fill(template, message.event, asIs),
          disableFileAccess: true,
          disableUrlAccess: true,
          signal,
        })
        if (rejected.length > 0)
          throw new PartlyDelivered(`refused ${rejected.length} of ${to.length} recipients`)
      } catch (error) {
        throw error instanceof DeliveryError ? error : faultOf(error)
      } finally {
        transport.close()
      }
    },
  }
}

function optionsOf({ server, port, tls, ca, login }: EmailSettings, within: number): SMTPTransportOptions {
  return {
    host: server,
    port,
    secure: tls === 'implicit',
    requireTLS: tls === 'starttls',
    ignoreTLS: tls === 'none',
    connectionTimeout: within,
    greetingTimeout: within,
    socketTimeout: within,
    dnsTimeout: within,
    // A connection that is given up is closed at once: the process does not wait for it.
    socketCloseTimeout: 0,
    tls: { rejectUnauthorized: true, ...(ca === undefined ? {} : { ca }) },
    ...(login === undefined ? {} : { auth: { user: login.user, pass: login.password } }),
  }
}

function subjectOf({ event: { environment, event, feature, outcome } }: Message): string {
  return oneLine(`[${environment}] ${outcome?.title ?? event}: ${feature}`, MAX_SUBJECT)
}

function textOf({ event }: Message): string {
  const { run, mode, environment, release, tickets, feature, failed, outOfRotation, counts, time } = event
  const rows: [string, string][] = [
    ['environment', `${environment} (${mode})`],
    ['feature', feature],
    ['release', release ?? ''],
    ['tickets', tickets.join(', ')],
    ['run', run],
    ['time', time],
    ['hosts', counts.hosts === 0 ? '' : String(counts.hosts)],
    ['failed', namesOf(failed)],
    ['out of rotation', namesOf(outOfRotation)],
  ]
  const table = rows
    .filter(([, value]) => value !== '')
    .map(([name, value]) => `${name.padEnd(16)} ${oneLine(value, 2_000)}`)
  return `${oneLine(summaryOf(event), 2_000)}\n\n${table.join('\n')}\n`
}

/** Describes an error of a server by its status alone: servers quote what they were sent. */
function faultOf(error: unknown): DeliveryError {
  const { code, originalCode, responseCode, message } = error as NodemailerError
  if (code === 'EAUTH') return new DeliveryError('refused user and password', false)
  if (responseCode !== undefined) {
    const what = code === 'EENVELOPE' ? 'the sender or the recipients' : 'the message'
    return new DeliveryError(`refused ${what} (${responseCode})`, responseCode < 500)
  }
  if (code === 'ETIMEDOUT') return new DeliveryError('did not answer in time', true)
  if (code === 'ECONNECTION') return new DeliveryError('closed the connection', true)
  if (code !== 'ETLS') return networkFault({ code: originalCode ?? code })
  return /certificate/.test(message)
    ? new DeliveryError('its certificate is not trusted here; name its authority with ca:', false)
    : new DeliveryError('TLS could not be begun; is tls: as this server has it?', false)
}
