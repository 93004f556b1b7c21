import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import pino, { type Logger } from 'pino'
import { LockstepError } from './errors'

export type Log = Pick<Logger, 'info' | 'warn' | 'error'>

/** A structured log on file. No text of `secrets` reaches it, whichever field or message it is in. @throws LockstepError `journal-failed` */
export function openLog(directory: string, run: string, secrets: readonly string[]): Log {
  const path = join(directory, `${run}.log`)
  const scrub = scrubber(secrets)
  const file = opened(directory, path)
  return pino(
    {
      base: { run },
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: ['password', 'passcode', 'secret', '*.password', '*.passcode', '*.secret'],
      hooks: { streamWrite: scrub },
    },
    boundedTo(MAX_LOG_BYTES, run, file),
  )
}

/** The most that the log of one run may have, bytes. */
const MAX_LOG_BYTES = 64 * 1024 * 1024

/** Hands lines on until they have so many bytes; the last line then says that others are left out. */
export function boundedTo(bytes: number, run: string, to: Lines): Lines {
  let left = bytes
  return {
    write(line) {
      if (left <= 0) return
      left -= Buffer.byteLength(line)
      to.write(
        left > 0
          ? line
          : `${JSON.stringify({ run, msg: `the log has ${bytes} bytes: all that follows is left out` })}\n`,
      )
    },
  }
}

interface Lines {
  write(line: string): unknown
}

function opened(directory: string, path: string) {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o770 })
    // What hosts have answered is nothing for everybody.
    return pino.destination({ dest: path, sync: true, mode: 0o660 })
  } catch (error) {
    throw new LockstepError(
      'journal-failed',
      `the log ${path} cannot be written: ${(error as Error).message}`,
      { cause: error },
    )
  }
}

/**
 * Replaces every occurrence of a secret, also in the forms that JSON, HTML, a URL, a shell, base64, hex and one line on a screen
 * give it. To be asked before a text is cut, since half a secret is not found.
 */
export function scrubber(secrets: readonly string[]): (text: string) => string {
  const forms = secrets
    .filter((secret) => secret.length > 0)
    .flatMap((secret) => [secret, inOneLine(secret)])
    .flatMap((secret) => [
      secret,
      ...escaped(secret),
      ...(secret.length < SHORTEST_ENCODED ? [] : encoded(secret)),
    ])
  const all = [...new Set(forms)].filter((form) => form.length > 0).sort((a, b) => b.length - a.length)
  return (text) => all.reduce((rest, form) => rest.replaceAll(form, '***'), text)
}

/** What is shorter has encoded forms that other words have in them by chance. */
const SHORTEST_ENCODED = 4

function escaped(secret: string): string[] {
  const json = JSON.stringify(secret).slice(1, -1)
  const inUrl = encodeURIComponent(secret.toWellFormed())
  return [
    json,
    json.replaceAll('/', '\\/'),
    inHtml(secret),
    inUrl,
    inUrl.replaceAll('%20', '+'),
    inUrl.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase()),
    secret.replaceAll("'", `'\\''`),
    secret.replaceAll("'", `'"'"'`),
    secret.replace(/[^\w@%+=:,./-]/g, '\\$&'),
    secret.replace(/["$\\`]/g, '\\$&'),
  ]
}

function encoded(secret: string): string[] {
  const bytes = Buffer.from(secret)
  const hex = bytes.toString('hex')
  return [hex, hex.toUpperCase(), ...[0, 1, 2].flatMap((before) => inBase64(bytes, before))]
}

/** The part of a text in base64 that says nothing but the secret, with as many bytes before it. */
function inBase64(bytes: Buffer, before: number): string[] {
  const all = Buffer.concat([Buffer.alloc(before), bytes])
    .toString('base64')
    .replace(/=+$/, '')
  const rest = (before + bytes.length) % 3
  const part = all.slice(before === 0 ? 0 : before + 1, rest === 0 ? undefined : -1)
  return part.length < SHORTEST_ENCODED ? [] : [part, part.replaceAll('+', '-').replaceAll('/', '_')]
}

function inOneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}]+/gu, ' ').trim()
}

function inHtml(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`)
}
