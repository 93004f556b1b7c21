import type { OpenIdLogins } from '../openid/provider'
import { proofsOf } from '../openid/proofs'
import { isFault } from '../openid/login_fault'
import type { Person } from '../people/person'
import type { Clock } from '../system/clock'
import type { AuditTrail } from './audit'
import { BegunLogins, LOGIN_S } from './begun_login'
import { BROWSER_S, browserMark, browserOf, readCookie, type Cookies } from './cookies'
import { OPENID_ANSWER } from './guard'
import type { LoginLimits } from './login_limits'
import { openidPage } from './login_pages'
import { isEqual } from './sessions'
import { safeThen } from './then'

/** A request that belongs to a login, as the guard has let it pass. */
export interface LoginRequest {
  url: URL
  cookie: string | undefined
  /** The origin by which the browser knows the console. */
  origin: string
  /** The address of the machine that it comes from. */
  address: string
}

/** A login that has come about. */
export interface LoggedIn {
  person: Person
  /** The path to go to. */
  goesTo: string
  /** Headers that set the cookies of a login that is over. */
  cookies: readonly string[]
}

/** Stands in the mark of a browser for all who have logged in with it; it can be the name of no person. */
const ANYBODY = 'anybody of the provider'

/** Logs people in at an OpenID provider: leads them there, and judges what they come back with. */
export class OpenIdLogin {
  private readonly begun: BegunLogins

  constructor(
    private readonly options: {
      provider: OpenIdLogins
      /** The key by which browsers are known again. */
      browserKey: Buffer
      clock: Pick<Clock, 'now'>
      cookies: Cookies
      limits: LoginLimits
      audit: Pick<AuditTrail, 'refuse'>
      onRefused: (why: string) => void
      onProviderFault: (why: string) => void
    },
  ) {
    this.begun = new BegunLogins(options.browserKey, options.provider.stamp, options.clock)
  }

  /** Answers with the way to the provider. */
  show(then: string): Response {
    return openidPage({ host: this.options.provider.host, goesTo: then })
  }

  /** Leads a browser to the provider, in place of a login that it has begun before. */
  async begin({ url, origin, address }: LoginRequest): Promise<Response> {
    const { provider, cookies } = this.options
    const then = safeThen(url.searchParams.get('then'))
    const { login, cookie } = this.begun.begin(then)
    const to = await provider.begin(`${origin}${OPENID_ANSWER}`, login.secret)
    if (isFault(to)) return this.refuse(to, then, address)
    const headers = { location: to.href, 'set-cookie': cookies.format(cookies.begun, cookie, LOGIN_S) }
    return new Response(null, { status: 302, headers })
  }

  /** Returns who has logged in, or the answer to somebody who has not. */
  async finish({ url, cookie, origin, address }: LoginRequest): Promise<LoggedIn | Response> {
    const { provider, cookies, limits, browserKey } = this.options
    const login = this.begun.find(readCookie(cookie, cookies.begun))
    if (typeof login === 'string')
      return this.refuse({ status: 403, why: login, detail: login }, '/', address)
    // An answer that is not to this login neither ends it nor is sent on: any page may have made it up.
    const states = url.searchParams.getAll('state')
    if (states.length !== 1 || !isEqual(states[0] ?? '', proofsOf(login.secret).state)) {
      const why = 'the answer of the provider is not one to the login of this browser'
      return this.refuse({ status: 403, why, detail: why }, login.goesTo, address)
    }
    const browser = browserOf(browserKey, ANYBODY, readCookie(cookie, cookies.browser))
    const attempt = { name: undefined, address, browser }
    const wait = limits.begin(attempt)
    if (wait !== undefined) {
      const why = 'too many logins that were not right'
      const answer = await this.refuse({ status: 429, why, detail: why }, login.goesTo, address)
      answer.headers.set('retry-after', String(wait))
      return answer
    }
    this.begun.finish(login)
    const person = await provider.finish(new URL(`${origin}${OPENID_ANSWER}${url.search}`), login.secret)
    // That the provider is away is no fault of the browser.
    if (!isFault(person) || person.status !== 403) limits.takeBack(attempt)
    if (isFault(person)) return this.refuse(person, login.goesTo, address)
    const over = [cookies.format(cookies.begun, undefined)]
    if (browser === undefined)
      over.push(cookies.format(cookies.browser, browserMark(browserKey, ANYBODY), BROWSER_S))
    return { person, goesTo: login.goesTo, cookies: over }
  }

  private async refuse(
    { status, why, detail }: { status: number; why: string; detail: string },
    then: string,
    address: string,
  ): Promise<Response> {
    const { provider, audit, onRefused, onProviderFault } = this.options
    // Strangers can fill the log with refusals, so that the next ones are counted there, and not told.
    const tell = status >= 500 ? onProviderFault : onRefused
    tell(`${status} for a login by OpenID: ${detail}`)
    await audit.refuse({ type: 'login refused', person: null, address, why })
    const trouble = `${why.charAt(0).toUpperCase()}${why.slice(1)}.`
    return openidPage({ host: provider.host, goesTo: then, trouble, status })
  }
}
