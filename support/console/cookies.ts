import { createHmac, randomBytes } from 'node:crypto'
import { isEqual } from './sessions'

/** The names and marks of cookies, which a browser keeps to this origin where it can. */
export interface Cookies {
  session: string
  login: string
  browser: string
  /** A login at an OpenID provider that has begun. */
  begun: string
  /** Returns a header that sets a cookie; with no value, the browser forgets it. */
  format: (name: string, value: string | undefined, seconds?: number) => string
}

/** Returns the cookies of a console. A name with `__Host-` can be set by no other name of the domain, nor without TLS. */
export function cookiesFor(isSecure: boolean): Cookies {
  const prefix = isSecure ? '__Host-lockstep' : 'lockstep'
  const marks = `Path=/; HttpOnly; ${isSecure ? 'Secure; ' : ''}SameSite=Lax`
  return {
    session: `${prefix}-session`,
    login: `${prefix}-login`,
    browser: `${prefix}-browser`,
    begun: `${prefix}-openid`,
    format: (name, value, seconds) =>
      `${name}=${value ?? ''}; ${marks}${value === undefined ? '; Max-Age=0' : seconds === undefined ? '' : `; Max-Age=${seconds}`}`,
  }
}

/** Returns the value of a cookie in a request. One that is there twice is none: who could say whose it is. */
export function readCookie(header: string | undefined, name: string): string | undefined {
  const values = (header ?? '').split(';').flatMap((each) => {
    const [key = '', ...value] = each.trim().split('=')
    return key === name ? [value.join('=')] : []
  })
  return values.length === 1 ? values[0] : undefined
}

/** Returns a text that no other browser has. */
export function newSecret(): string {
  return randomBytes(32).toString('base64url')
}

/** Returns whether a text looks like one of `newSecret`. */
export function isSecret(text: string | undefined): text is string {
  return /^[\w-]{43}$/.test(text ?? '')
}

/** Seconds for which a browser is known as one that somebody has logged in with. */
export const BROWSER_S = 180 * 24 * 3_600

/** Returns the token of a login form, for the browser that has this secret in a cookie. */
export function loginToken(secret: string): string {
  return createHmac('sha256', secret).update('login form').digest('base64url')
}

/** Returns what a browser keeps to show, at its next login, that a person has logged in with it. */
export function browserMark(key: Buffer, person: string): string {
  const nonce = randomBytes(16).toString('base64url')
  return `${nonce}.${markMac(key, person, nonce)}`
}

/** Returns the name of a browser that a person has logged in with; undefined for any other text. */
export function browserOf(key: Buffer, person: string, mark: string | undefined): string | undefined {
  const [, nonce = '', mac = ''] = /^([\w-]{22})\.([\w-]{43})$/.exec(mark ?? '') ?? []
  return nonce !== '' && isEqual(mac, markMac(key, person, nonce)) ? nonce : undefined
}

function markMac(key: Buffer, person: string, nonce: string): string {
  return createHmac('sha256', key)
    .update(JSON.stringify(['browser', person, nonce]))
    .digest('base64url')
}
