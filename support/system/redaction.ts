import { stripVTControlCharacters } from 'node:util'

/** A function that takes secrets out of a text. */
export type Redact = (text: string) => string

/** Returns the text as it is, for callers that know no secret. */
export const redactNothing: Redact = (text) => text

/**
 * Returns what replaces every occurrence of a secret. It finds the forms that JSON, HTML, a URL, a shell, base64, hex
 * and one line on a screen give it. A text is cut only afterwards. What a cut has left of a secret, beside the `…` that
 * it leaves, is hidden as well.
 */
export function redactor(secrets: readonly string[]): Redact {
  const forms = secrets
    .filter((secret) => secret.length > 0)
    .flatMap((secret) => [secret, inOneLine(secret), ...linesOf(secret)])
    .flatMap((secret) => [
      secret,
      ...escapesOf(secret),
      ...(secret.length < SHORTEST_ENCODED ? [] : encodingsOf(secret)),
    ])
  const all = [...new Set(forms)].filter((form) => form.length > 0).sort((a, b) => b.length - a.length)
  const long = all.filter((form) => form.length > SHORTEST_PIECE)
  const redact: Redact = (text) => {
    const rest = all.reduce((left, form) => left.replaceAll(form, HIDDEN), text)
    return rest.includes(CUT) ? withoutPieces(rest, long) : rest
  }
  return (text) => (text.includes('\u001b') ? hideUnderColours(redact, text) : redact(text))
}

/**
 * Hides secrets with colours in them. Colours are taken away before a text is shown, and a secret would stand there
 * whole.
 */
function hideUnderColours(redact: Redact, text: string): string {
  const shown = redact(text)
  const plain = stripVTControlCharacters(shown)
  const hidden = redact(plain)
  return hidden === plain ? shown : hidden
}

/**
 * Returns what takes secrets out of the text of others. They may have cut a secret at the ends of the text without a
 * sign.
 */
export function redactorOfOthers(secrets: readonly string[]): Redact {
  const redact = redactor(secrets)
  return (text) => (text === '' ? '' : redact(`${CUT}${text}${CUT}`).slice(CUT.length, -CUT.length))
}

/** Returns the beginning of a text, with a sign where it was cut. */
export function excerpt(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most - 1).toWellFormed()}${CUT}` : text
}

const HIDDEN = '***'
const CUT = '…'
/**
 * The length of the shortest piece of a secret that is hidden. A shorter one says little of the secret, and other words
 * have it in them by chance.
 */
const SHORTEST_PIECE = 6

/** Hides the beginning of a secret that stands before a cut, and the end of one that stands behind it. */
function withoutPieces(text: string, forms: readonly string[]): string {
  const [first = '', ...others] = text.split(CUT)
  const parts = [first, ...others]
  return parts
    .map((part, index) => {
      const ended = index === 0 ? part : withoutEnding(part, forms)
      return index === parts.length - 1 ? ended : withoutBeginning(ended, forms)
    })
    .join(CUT)
}

/** Hides the longest end of the text that a secret begins with. */
function withoutBeginning(text: string, forms: readonly string[]): string {
  const whole = text.replace(/[\s\uFFFD]+$/, '')
  let longest = 0
  for (const form of forms) {
    const start = form.slice(0, SHORTEST_PIECE)
    const from = Math.max(0, whole.length - form.length + 1)
    for (let at = whole.indexOf(start, from); at >= 0; at = whole.indexOf(start, at + 1))
      if (whole.length - at > longest && form.startsWith(whole.slice(at))) longest = whole.length - at
  }
  return longest === 0 ? text : `${whole.slice(0, -longest)}${HIDDEN}${text.slice(whole.length)}`
}

/** Hides the longest beginning of the text that a secret ends with. */
function withoutEnding(text: string, forms: readonly string[]): string {
  const whole = text.replace(/^[\s\uFFFD]+/, '')
  let longest = 0
  for (const form of forms) {
    const end = form.slice(-SHORTEST_PIECE)
    for (
      let at = whole.indexOf(end);
      at >= 0 && at + end.length < form.length;
      at = whole.indexOf(end, at + 1)
    )
      if (at + end.length > longest && form.endsWith(whole.slice(0, at + end.length)))
        longest = at + end.length
  }
  return longest === 0 ? text : `${text.slice(0, text.length - whole.length)}${HIDDEN}${whole.slice(longest)}`
}

/**
 * Returns the long lines of a secret. A program may print one line of many, and each that is long is as good as a
 * secret.
 */
function linesOf(secret: string): string[] {
  const lines = secret.split(/[\r\n]+/)
  return lines.length === 1
    ? []
    : lines.map((line) => line.trim()).filter((line) => line.length >= SHORTEST_LINE)
}

const SHORTEST_LINE = 12

/**
 * The length of the shortest secret whose encoded forms are hidden. Other words have those of a shorter one in them by
 * chance.
 */
const SHORTEST_ENCODED = 4

function escapesOf(secret: string): string[] {
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
    // A cell of a table in a feature.
    secret.replace(/[\\|]/g, '\\$&').replaceAll('\n', '\\n'),
  ]
}

function encodingsOf(secret: string): string[] {
  const bytes = Buffer.from(secret)
  const hex = bytes.toString('hex')
  return [hex, hex.toUpperCase(), ...[0, 1, 2].flatMap((before) => inBase64(bytes, before))]
}

/** Returns the part of a text in base64 that says nothing but the secret, with `before` bytes before it. */
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
