import type { HashKind, SiteUser, UserStatus } from '../../access'

/** The web servers whose password files are read, each with its own idea of a hash. */
export type WebServer = 'apache' | 'nginx'

/** Apache cuts longer lines in two, and takes the second half for a user. */
const MAX_LINE = 1_000

/** Whole hashes: no password fits one that was cut short. */
const KINDS: readonly (readonly [RegExp, HashKind])[] = [
  [/^$/, 'none'],
  [/^\$2[aby]\$(?:0[4-9]|[12]\d|3[01])\$[./A-Za-z0-9]{53}$/, 'bcrypt'],
  [/^\$apr1\$[^$]{0,8}\$[./A-Za-z0-9]{22}$/, 'apr1'],
  [/^\{SHA\}[A-Za-z0-9+/]{27}=$/, 'sha1'],
  [/^\{SSHA\}[A-Za-z0-9+/]{27,}={0,2}$/, 'salted sha1'],
  [/^\$5\$(?:rounds=\d{1,9}\$)?[^$]{0,16}\$[./A-Za-z0-9]{43}$/, 'sha256'],
  [/^\$6\$(?:rounds=\d{1,9}\$)?[^$]{0,16}\$[./A-Za-z0-9]{86}$/, 'sha512'],
  [/^\{PLAIN\}/, 'plain text'],
  // The last character has four bits of the hash alone: few words are one by chance.
  [/^[./A-Za-z0-9]{12}[.26AEIMQUYcgkosw]$/, 'crypt'],
]
const READ_BY: Readonly<Record<WebServer, ReadonlySet<HashKind>>> = {
  apache: new Set(['bcrypt', 'apr1', 'sha1', 'crypt', 'sha256', 'sha512']),
  nginx: new Set(['bcrypt', 'apr1', 'sha1', 'salted sha1', 'crypt', 'sha256', 'sha512', 'plain text']),
}

interface Line {
  /** The line with its own end. */
  text: string
  /** The user, as a web server reads the line; undefined for a comment and an empty line. */
  name: string | undefined
  hash: string
  /** The hash as nginx reads it: it takes blanks at the end for a part of it. Undefined where the name is another one. */
  nginxHash: string | undefined
  /** The text behind the hash, with its colon. */
  more: string
  /** True where every web server reads the line alike. */
  isPlain: boolean
}

/**
 * Returns why a file is no password file that can be changed safely; undefined where it is one. `text` has a character
 * for each byte.
 */
export function passwordFileFault(text: string): string | undefined {
  for (const [index, line] of splitLines(text).entries()) {
    const own = line.replace(/\r?\n$/, '')
    const said = `line ${index + 1}`
    if (/[\0\r\v\f]/.test(own)) return `${said} has a byte that is no text`
    if (own.endsWith('\\')) return `${said} goes on in the next one, as Apache reads it`
    if (own.length > MAX_LINE) return `${said} is longer than ${MAX_LINE} bytes`
    if (own.trim() === '' || /^[ \t]*#/.test(own)) continue
    if (!own.includes(':')) return `${said} has no colon: nginx may pass over the line after it`
    if (/^[^:]*::+[^:]/.test(own)) return `${said} has two colons behind the name, which Apache reads as one`
  }
  return undefined
}

export function usersIn(text: string): readonly SiteUser[] {
  const found = new Map<string, HashKind>()
  for (const { name, hash } of readLines(text))
    if (name !== undefined && !found.has(name)) found.set(name, kindOf(hash))
  return [...found].map(([name, kind]) => ({ name, kind }))
}

/** Returns whether a user is let in: by the first line of that name, as both web servers do. */
export function statusIn(text: string, user: string, form: WebServer): UserStatus {
  const lines = readLines(text)
  const own = lines.filter(({ name }) => name === user)
  const read = own.flatMap(({ hash, nginxHash }) => (form === 'nginx' ? (nginxHash ?? []) : hash))
  const kind = own.length === 0 ? undefined : kindOf(read[0] ?? '')
  const only = own.length === 1 && own[0]?.isPlain === true ? own[0].hash : undefined
  const others = lines.flatMap(({ name }) =>
    name !== undefined && name !== user && fold(name) === fold(user) ? [name] : [],
  )
  return {
    lines: own.length,
    usable: kind !== undefined && READ_BY[form].has(kind),
    kind,
    hash: kind === 'bcrypt' ? only : undefined,
    similar: [...new Set(others)],
  }
}

/** Returns the text with one line for the user: in the place of the first one, or at the end. */
export function withUser(text: string, user: string, hash: string): string {
  const lines = readLines(text)
  const first = lines.findIndex(({ name }) => name === user)
  if (first < 0) return `${text}${text === '' || text.endsWith('\n') ? '' : '\n'}${user}:${hash}\n`
  return lines
    .map(({ text: own, name, more }, index) => {
      if (index === first) return `${user}:${hash}${more}\n`
      return name === user ? '' : own
    })
    .join('')
}

export function withoutUser(text: string, user: string): string {
  return readLines(text)
    .filter(({ name }) => name !== user)
    .map(({ text: own }) => own)
    .join('')
}

function readLines(text: string): readonly Line[] {
  return splitLines(text).map((line) => {
    // Apache takes blanks at both ends away, and nginx does not.
    const whole = line.replace(/\r?\n$/, '')
    const read = whole.replace(/^[ \t]+|[ \t]+$/g, '')
    if (read === '' || read.startsWith('#'))
      return { text: line, name: undefined, hash: '', nginxHash: undefined, more: '', isPlain: true }
    // A line without a colon is a user without a hash: no line after it lets that user in.
    const [name = '', hash = '', ...rest] = read.split(':')
    const more = rest.map((each) => `:${each}`).join('')
    const nginxHash = /^[ \t]/.test(whole) ? undefined : whole.split(':')[1]
    return { text: line, name, hash, nginxHash, more, isPlain: line === `${read}\n` || line === read }
  })
}

function splitLines(text: string): readonly string[] {
  return text.split(/(?<=\n)/).filter((line) => line !== '')
}

function kindOf(hash: string): HashKind {
  return KINDS.find(([pattern]) => pattern.test(hash))?.[1] ?? 'unknown'
}

function fold(name: string): string {
  return name.trim().toLowerCase()
}
