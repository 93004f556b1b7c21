import { createHmac } from 'node:crypto'
import type { Clock } from '../system/clock'
import { newSecret } from './cookies'
import { isEqual } from './sessions'
import { safeThen } from './then'

/** Milliseconds within which a login at a provider has to come back. */
const LOGIN_MS = 10 * 60_000
/** Seconds for which a browser keeps it. */
export const LOGIN_S = LOGIN_MS / 1_000
/** The most logins whose end is remembered; the oldest is forgotten for the next. */
const MAX_FINISHED = 10_000

/** A login at an OpenID provider that a browser has begun. */
export interface BegunLogin {
  /** What no other browser has. */
  secret: string
  /** The path to go to afterwards. */
  goesTo: string
}

/**
 * The logins that have begun at a provider. Each is in a cookie of its browser, under a signature of this console, so that
 * strangers who begin many fill nothing here. It is good once, and for ten minutes.
 */
export class BegunLogins {
  private readonly finished = new Map<string, number>()

  /** `stamp` changes with the provider: a login that has begun at another one is none. */
  constructor(
    private readonly key: Buffer,
    private readonly stamp: string,
    private readonly clock: Pick<Clock, 'now'>,
  ) {}

  /** Begins a login, and returns it with the value of its cookie. */
  begin(goesTo: string): { login: BegunLogin; cookie: string } {
    const secret = newSecret()
    const path = Buffer.from(goesTo).toString('base64url')
    const begun = `${this.clock.now().toString(36)}.${secret}.${path}`
    return { login: { secret, goesTo }, cookie: `${begun}.${this.mac(begun)}` }
  }

  /** Returns the login of a cookie, or why it is none. */
  find(cookie: string | undefined): BegunLogin | string {
    const [, begun = '', time = '', secret = '', path = '', mac = ''] = COOKIE.exec(cookie ?? '') ?? []
    if (begun === '' || !isEqual(mac, this.mac(begun)) || this.finished.has(secret))
      return 'this browser has begun no login, or has finished it'
    const now = this.clock.now()
    const since = Number.parseInt(time, 36)
    if (now - since > LOGIN_MS || since > now) return 'the login has taken more than ten minutes'
    return { secret, goesTo: safeThen(Buffer.from(path, 'base64url').toString('utf8')) }
  }

  /** Finishes a login: it is found no more. */
  finish({ secret }: BegunLogin): void {
    const now = this.clock.now()
    for (const [each, since] of this.finished) {
      if (this.finished.size < MAX_FINISHED && Math.abs(now - since) <= LOGIN_MS) break
      this.finished.delete(each)
    }
    this.finished.set(secret, now)
  }

  private mac(begun: string): string {
    return createHmac('sha256', this.key)
      .update(JSON.stringify(['openid', this.stamp, begun]))
      .digest('base64url')
  }
}

const COOKIE = /^(([0-9a-z]{1,12})\.([\w-]{43})\.([\w-]{1,1400}))\.([\w-]{43})$/
