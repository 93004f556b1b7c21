import type { Redact } from '../system/redaction'
import type { Channel, Message } from './channel'
import { post } from './post'
import type { SlackSettings } from './settings'
import { fill, forSlack } from './template'
import { lineOf } from './words'

/** The most characters that Slack takes in one block. */
const MAX_TEXT = 3_000

/**
 * Makes a channel to an incoming webhook of Slack, or of a service that takes what Slack takes. Its whole address is a
 * secret.
 */
export function slack({ url, ca, on, template }: SlackSettings, redact: Redact): Channel {
  return {
    name: `slack ${new URL(url).host}`,
    on,
    async deliver(message, signal) {
      const headers = { 'idempotency-key': message.key }
      await post({ url, headers, body: JSON.stringify(cardOf(message, template)), ca, redact }, signal)
    },
  }
}

function cardOf({ event }: Message, template: string | undefined) {
  const text = cut(template === undefined ? forSlack(lineOf(event)) : fill(template, event, forSlack))
  const { run, time, release, tickets } = event
  const about = [`run ${run}`, ...(release === undefined ? [] : [`release ${release}`]), ...tickets, time]
  return {
    text,
    blocks: [
      { type: 'section', text: { type: 'mrkdwn', text } },
      { type: 'context', elements: [{ type: 'mrkdwn', text: cut(forSlack(about.join(' · '))) }] },
    ],
  }
}

/** Cuts a text, but not within an escaped character: half of one would be read as something else. */
function cut(text: string): string {
  if (text.length <= MAX_TEXT) return text
  return `${text
    .slice(0, MAX_TEXT - 1)
    .replace(/&[a-z]*$/, '')
    .toWellFormed()}…`
}
