import { Hono, type Context } from 'hono'
import type { ConsoleSettings } from '../config/console_setting'
import { isName } from '../people/names'
import { stampOf, type People } from '../people/people_file'
import type { Logins } from '../people/login'
import type { Act, Person, Policy } from '../people/person'
import type { OpenIdLogins } from '../openid/provider'
import type { Clock } from '../system/clock'
import type { ActRequest, ConsoleAct, ConsoleAsset, FormRequest, FormRoute } from './act'
import type { AuditTrail } from './audit'
import {
  BROWSER_S,
  browserMark,
  browserOf,
  cookiesFor,
  isSecret,
  loginToken,
  newSecret,
  readCookie,
} from './cookies'
import {
  addressOf,
  ANSWER_HEADERS,
  isLinkedFromElsewhere,
  judgeRequest,
  OPENID_ANSWER,
  originOf,
  plainAddress,
  readForm,
  type Asked,
  type Refusal,
} from './guard'
import { LoginLimits } from './login_limits'
import { accountPage, loginPage, OPENID_LOGIN, refusalPage } from './login_pages'
import { OpenIdLogin, type LoginRequest } from './openid_login'
import { OpenStreams } from './open_streams'
import { isEqual, Sessions, type Session } from './sessions'
import { safeThen } from './then'

/** The content of a file that may change; undefined while it is not right. */
interface Fresh<T> {
  readonly content: T | undefined
}

export interface ConsoleOptions {
  settings: Pick<ConsoleSettings, 'origins' | 'proxy' | 'sessionMs' | 'idleMs' | 'environments'>
  /** The people who can log in here; undefined where a proxy or a provider names them. */
  people: Fresh<People> | undefined
  /** The provider at which people log in; undefined where they do not. */
  openid: OpenIdLogins | undefined
  policy: Fresh<Policy>
  logins: Pick<Logins, 'judge'>
  audit: Pick<AuditTrail, 'append' | 'refuse'>
  /** The folder of the state, as an absolute path. */
  state: string
  /** The key by which browsers are known again. */
  browserKey: Buffer
  routes: readonly FormRoute[]
  acts: readonly ConsoleAct[]
  assets: readonly ConsoleAsset[]
  clock: Clock
  /** Aborted when the process is to end. */
  signal: AbortSignal
  /** Called for each request that is refused. */
  onRefused: (why: string) => void
  /** Called for each login that the provider, and not the person, has kept from coming about. */
  onProviderFault: (why: string) => void
  /** Called when a request could not be answered. */
  onFailure: (error: unknown) => void
}

/** A session with the person whose it is. */
interface Known {
  session: Session
  person: Person
}

/** The console of `lockstep serve`, as an app: it knows who asks, and answers no one else. */
export function consoleApp(options: ConsoleOptions): Hono {
  return new Console(options).app
}

class Console {
  readonly app = new Hono()
  private readonly sessions: Sessions
  private readonly limits: LoginLimits
  private readonly streams: OpenStreams
  private readonly cookies
  private readonly openid: OpenIdLogin | undefined
  private readonly acts: readonly ConsoleAct[]

  constructor(private readonly options: ConsoleOptions) {
    const { settings, state, clock, signal, routes, assets, onFailure } = options
    this.sessions = new Sessions(state, clock, settings)
    this.limits = new LoginLimits(clock)
    this.cookies = cookiesFor(settings.origins.every((origin) => origin.startsWith('https:')))
    this.streams = new OpenStreams(clock, signal)
    const { openid: provider } = options
    this.openid =
      provider && new OpenIdLogin({ ...options, provider, cookies: this.cookies, limits: this.limits })
    this.acts = [LOGOUT, ...options.acts]
    this.app.use('*', async (context, next) => {
      await next()
      for (const [name, value] of Object.entries(ANSWER_HEADERS)) context.res.headers.set(name, value)
      if (context.req.raw.method === 'HEAD') void context.res.body?.cancel()
    })
    this.app.use('*', async (context, next) => {
      const refusal = judgeRequest(askedOf(context), settings)
      return refusal === undefined ? next() : this.refuse(context, refusal)
    })
    for (const { path, type, text } of assets)
      this.app.get(path, () => new Response(text, { headers: { 'content-type': type } }))
    this.app.get('/login', (context) => this.showLogin(context))
    this.app.post('/login', (context) => this.logIn(context))
    const { openid } = this
    if (openid !== undefined) {
      this.app.get(OPENID_LOGIN, (context) => this.beginLogin(context, openid))
      this.app.get(OPENID_ANSWER, (context) => this.finishLogin(context, openid))
    }
    for (const act of this.acts) this.app.post(act.path, (context) => this.act(context, act))
    const account: FormRoute = { path: '/account', answer: (request) => this.showAccount(request) }
    for (const route of [account, ...routes]) this.app.get(route.path, (context) => this.read(context, route))
    this.app.all('*', (context) => this.answerNothing(context))
    this.app.onError((error) => {
      onFailure(error)
      return refusalPage(500, 'this could not be answered; the log of lockstep serve says why')
    })
  }

  /** Answers a page of somebody who is logged in. */
  private async read(context: Context, route: FormRoute): Promise<Response> {
    const known = await this.admit(context)
    if (known instanceof Response) return known
    const open = this.streams.add(known.session.id, this.goodAs(known))
    const leave = () => open.end.abort()
    context.req.raw.signal.addEventListener('abort', leave, { once: true })
    let follows = false
    try {
      const answer = await route.answer(this.requestOf(context, known, open.end.signal))
      const goesOn = /^text\/event-stream(?:;|$)/.test(answer.headers.get('content-type') ?? '')
      follows = goesOn && answer.body !== null
      const whole = follows ? this.streams.follow(open, answer) : answer
      return this.withCookie(context, known, whole)
    } finally {
      if (!follows) {
        this.streams.remove(open)
        context.req.raw.signal.removeEventListener('abort', leave)
      }
    }
  }

  /** Takes a form of somebody who is logged in. */
  private async act(context: Context, { path, act }: ConsoleAct): Promise<Response> {
    const known = await this.admit(context)
    if (known instanceof Response) return known
    const form = await readForm(context.req.raw)
    if (!(form instanceof URLSearchParams)) return this.refuse(context, form, known.person)
    const { id } = known.session
    const why = this.sessions.takeForm(id, context.req.path, form.get('form') ?? '')
    if (why !== undefined)
      return this.refuse(context, { status: 403, why: `${why}; load its page again` }, known.person)
    const open = this.streams.add(id, this.goodAs(known))
    try {
      const request: ActRequest = {
        ...this.requestOf(context, known, open.end.signal),
        form,
        endSession: () => {
          this.sessions.end(id)
          this.streams.endOf(id)
        },
        refuse: (reason, status = 403) => this.refuse(context, { status, why: reason }, known.person),
        note: (name, what) =>
          this.options.audit.append({
            type: 'acted',
            person: known.person.name,
            address: this.addressOf(context),
            act: name,
            what,
          }),
      }
      const answer = await act(request)
      if (path === LOGOUT.path) await this.noteLogout(context, known, answer)
      return answer
    } finally {
      this.streams.remove(open)
    }
  }

  private async noteLogout(context: Context, { person }: Known, answer: Response): Promise<void> {
    answer.headers.append('set-cookie', this.cookies.format(this.cookies.session, undefined))
    await this.options.audit.append({
      type: 'logged out',
      person: person.name,
      address: this.addressOf(context),
    })
  }

  private requestOf(context: Context, { session, person }: Known, signal: AbortSignal): FormRequest {
    const may = (act: Act, environment: string) =>
      this.options.policy.content?.allows(person, act, environment) === true
    return {
      person,
      may,
      url: new URL(context.req.url),
      param: (name) => context.req.param(name) ?? '',
      header: (name) => context.req.header(name),
      signal,
      newForm: (path) => this.sessions.newForm(session.id, path),
    }
  }

  private showAccount({ person, may, newForm }: FormRequest): Response {
    return accountPage(person, this.options.settings.environments, may, newForm(LOGOUT.path))
  }

  /** Returns who asks, or the answer to somebody who is not logged in, or whose rights cannot be known. */
  private async admit(context: Context): Promise<Known | Response> {
    const { people, policy, settings } = this.options
    if (people !== undefined && people.content === undefined)
      return this.refuse(context, {
        status: 503,
        why: 'the file of people is not right, so no one is known; the log of lockstep serve says why',
      })
    const known = settings.proxy?.user === undefined ? this.known(context) : await this.knownByProxy(context)
    if (known instanceof Response) return known
    if (known === undefined) return this.turnAway(context)
    if (policy.content === undefined && ![LOGOUT.path, '/account'].includes(context.req.path))
      return this.refuse(
        context,
        {
          status: 503,
          why: 'the policy is not right, so no one may do anything; lockstep policy check says why',
        },
        known.person,
      )
    return known
  }

  private known(context: Context): Known | undefined {
    const id = readCookie(context.req.header('cookie'), this.cookies.session)
    const session = id === undefined ? undefined : this.sessions.find(id)
    const person = session && this.personOf(session)
    if (session === undefined) return undefined
    if (person !== undefined) return { session, person }
    this.sessions.end(session.id)
    this.streams.endOf(session.id)
    return undefined
  }

  /**
   * Returns the person of a session, as the file of people has them now: neither gone, nor with another password. A provider
   * is not asked again: a session has the person of its login until it ends, or until another provider is configured.
   */
  private personOf({ person: name, groups, stamp }: Session): Person | undefined {
    const { openid } = this.options
    if (openid !== undefined) return stamp === openid.stamp ? { name, groups: groups ?? [] } : undefined
    const person = this.options.people?.content?.get(name)
    return person !== undefined && stampOf(person) === stamp ? person : undefined
  }

  /**
   * Returns a function that says whether an open stream may go on: its session is good, and neither the policy nor the groups
   * of its person have changed. After a change, the browser comes again, and is asked anew what it may see. No use of the
   * session is noted: a page that stands open is none.
   */
  private goodAs({ session, person }: Known): () => boolean {
    const { people, policy } = this.options
    const admitted = policy.content
    const groupsOf = ({ groups }: Person) => JSON.stringify(groups)
    return () => {
      if (admitted === undefined || policy.content !== admitted) return false
      if (!this.sessions.isGood(session.id)) return false
      if (people === undefined) return true
      const now = this.personOf(session)
      return now !== undefined && groupsOf(now) === groupsOf(person)
    }
  }

  private async knownByProxy(context: Context): Promise<Known | Response> {
    const { user = '', groups } = this.options.settings.proxy ?? {}
    const name = context.req.header(user) ?? ''
    const named = (groups === undefined ? '' : (context.req.header(groups) ?? ''))
      .split(',')
      .map((each) => each.trim())
      .filter((each) => each !== '')
    if (!isName(name) || !named.every(isName))
      return this.refuse(context, {
        status: 403,
        why: 'the proxy names a person or a group whose name has other signs than a policy',
      })
    const person = { name, groups: named }
    const id = readCookie(context.req.header('cookie'), this.cookies.session)
    const session = id === undefined ? undefined : this.sessions.find(id)
    if (session?.person === name && session.stamp === null) return { session, person }
    // A form needs a session that it comes from, and a page has its form.
    if (context.req.method === 'POST') return this.refuse(context, { status: 403, why: NO_SESSION })
    if (session !== undefined) this.sessions.end(session.id)
    await this.options.audit.append({
      type: 'logged in',
      person: name,
      address: this.addressOf(context),
      by: 'proxy',
    })
    return { session: this.sessions.begin({ person: name, groups: named, stamp: null }), person }
  }

  /** Adds the cookie of a session that a proxy's word has just begun. */
  private withCookie(context: Context, { session }: Known, answer: Response): Response {
    if (session.stamp !== null) return answer
    if (readCookie(context.req.header('cookie'), this.cookies.session) === session.id) return answer
    const own = new Response(answer.body, answer)
    own.headers.append('set-cookie', this.cookies.format(this.cookies.session, session.id))
    return own
  }

  /** Answers a stranger: with the way to the login, and with no word of what there is. */
  private turnAway(context: Context): Response | Promise<Response> {
    if (context.req.method === 'POST') return this.refuse(context, { status: 403, why: NO_SESSION })
    if (/\btext\/event-stream\b/.test(context.req.header('accept') ?? ''))
      return this.refuse(context, { status: 401, why: NO_SESSION })
    const { pathname, search } = new URL(context.req.url)
    const then = safeThen(`${pathname}${search}`)
    return redirect(302, then === '/' ? '/login' : `/login?then=${encodeURIComponent(then)}`)
  }

  private async answerNothing(context: Context): Promise<Response> {
    const known = await this.admit(context)
    if (known instanceof Response) return known
    const isRead = context.req.method !== 'POST'
    const isAct = this.acts.some(({ path }) => path === context.req.path)
    const answer =
      isRead && isAct
        ? refusalPage(405, 'this path takes a form alone', known.person)
        : refusalPage(404, 'the console has no page at this address', known.person)
    if (isRead && isAct) answer.headers.set('allow', 'POST')
    return this.withCookie(context, known, answer)
  }

  private showLogin(context: Context): Response | Promise<Response> {
    if (this.options.settings.proxy?.user !== undefined) return this.answerNothing(context)
    const then = safeThen(context.req.query('then'))
    const canBeKnown = this.openid !== undefined || this.options.people?.content !== undefined
    if (canBeKnown && this.known(context) !== undefined) return redirect(302, then)
    return this.openid === undefined ? this.formOf(context, then) : this.openid.show(then)
  }

  private beginLogin(context: Context, openid: OpenIdLogin): Response | Promise<Response> {
    // Another login would take the place of one that is under way: a page elsewhere gets no further than to the link.
    return isLinkedFromElsewhere((name) => context.req.header(name))
      ? this.showLogin(context)
      : openid.begin(this.loginRequestOf(context))
  }

  private async finishLogin(context: Context, openid: OpenIdLogin): Promise<Response> {
    const request = this.loginRequestOf(context)
    const done = await openid.finish(request)
    if (done instanceof Response) return done
    const { name, groups } = done.person
    const stamp = this.options.openid?.stamp ?? null
    await this.options.audit.append({
      type: 'logged in',
      person: name,
      address: request.address,
      by: 'openid',
    })
    const answer = redirect(303, done.goesTo)
    this.beginSession(context, answer, { person: name, groups: [...groups], stamp })
    for (const cookie of done.cookies) answer.headers.append('set-cookie', cookie)
    return answer
  }

  private loginRequestOf(context: Context): LoginRequest {
    const asked = askedOf(context)
    const [own = ''] = this.options.settings.origins
    return {
      url: new URL(context.req.url),
      cookie: context.req.header('cookie'),
      origin: originOf(asked, this.options.settings) ?? own,
      address: this.addressOf(context),
    }
  }

  /** Begins a session with a new id in place of the one that the browser had. */
  private beginSession(
    context: Context,
    answer: Response,
    whose: Pick<Session, 'person' | 'groups' | 'stamp'>,
  ): void {
    const { session: own, format } = this.cookies
    const before = readCookie(context.req.header('cookie'), own)
    if (before !== undefined) {
      this.sessions.end(before)
      this.streams.endOf(before)
    }
    answer.headers.append('set-cookie', format(own, this.sessions.begin(whose).id))
  }

  private formOf(context: Context, then: string, trouble?: string, status = 200): Response {
    const { login, format } = this.cookies
    const sent = readCookie(context.req.header('cookie'), login)
    const secret = isSecret(sent) ? sent : newSecret()
    const page = loginPage({
      token: loginToken(secret),
      goesTo: then,
      status,
      ...(trouble === undefined ? {} : { trouble }),
    })
    if (secret !== sent) page.headers.append('set-cookie', format(login, secret))
    return page
  }

  private async logIn(context: Context): Promise<Response> {
    const { people, logins, audit, browserKey, settings } = this.options
    if (settings.proxy?.user !== undefined || people === undefined) return this.answerNothing(context)
    const form = await readForm(context.req.raw)
    if (!(form instanceof URLSearchParams)) return this.refuse(context, form)
    const sent = (name: string) => readCookie(context.req.header('cookie'), name)
    const secret = sent(this.cookies.login)
    if (!isSecret(secret) || !isEqual(form.get('form') ?? '', loginToken(secret)))
      return this.refuse(context, {
        status: 403,
        why: 'the form of the login is not one of this browser; load its page again',
      })
    const all = people.content
    if (all === undefined)
      return this.refuse(context, {
        status: 503,
        why: 'the file of people is not right, so no one can log in',
      })
    const [name, password] = [form.get('name') ?? '', form.get('password') ?? '']
    const then = safeThen(form.get('then'))
    const address = this.addressOf(context)
    const attempt = {
      name: name.slice(0, 64),
      address,
      browser: browserOf(browserKey, name, sent(this.cookies.browser)),
    }
    // A name that was only typed may be a password in the wrong field.
    const person = all.has(name) ? name : null
    const refuse = async (why: string, trouble: string, status: 403 | 429, seconds?: number) => {
      this.options.onRefused(`${status} for a login`)
      await audit.refuse({ type: 'login refused', person, address, why })
      const answer = this.formOf(context, then, trouble, status)
      if (seconds !== undefined) answer.headers.set('retry-after', String(seconds))
      return answer
    }
    const wait = this.limits.begin(attempt)
    if (wait !== undefined)
      return refuse(
        'too many logins that were not right',
        `Too many logins were not right. Come again in ${Math.ceil(wait / 60)} minutes, or use a browser that you have logged in with before.`,
        429,
        wait,
      )
    const judged = await logins.judge(all, name, password)
    if (judged === 'busy') {
      this.limits.takeBack(attempt)
      return refuse(
        'too many logins at a time',
        'Too many people log in at this moment. Come again in a minute.',
        429,
        60,
      )
    }
    if (judged === undefined)
      return refuse('wrong name or password', 'The name or the password is not right.', 403)
    this.limits.takeBack(attempt)
    await audit.append({ type: 'logged in', person: judged.name, address, by: 'password' })
    const answer = redirect(303, then)
    this.beginSession(context, answer, { person: judged.name, groups: null, stamp: stampOf(judged) })
    const { format, login, browser } = this.cookies
    answer.headers.append('set-cookie', format(login, undefined))
    if (attempt.browser === undefined)
      answer.headers.append('set-cookie', format(browser, browserMark(browserKey, judged.name), BROWSER_S))
    return answer
  }

  private async refuse(context: Context, { status, why }: Refusal, person?: Person): Promise<Response> {
    this.options.onRefused(`${status} for a page: ${why}`)
    const isAct = context.req.method === 'POST'
    if (isAct)
      await this.options.audit.refuse({
        type: 'act refused',
        person: person?.name ?? null,
        address: this.addressOf(context),
        why,
      })
    const answer = refusalPage(status, why, person)
    if (status === 405) answer.headers.set('allow', 'GET, HEAD, POST')
    return answer
  }

  private addressOf(context: Context): string {
    return addressOf(askedOf(context), this.options.settings)
  }
}

const NO_SESSION = 'no one is logged in with this browser, or no longer; log in first'

const LOGOUT: ConsoleAct = {
  path: '/logout',
  act({ endSession }) {
    endSession()
    return redirect(303, '/login')
  },
}

/** Returns an answer that leads to a path of the console. */
function redirect(status: 302 | 303, path: string): Response {
  return new Response(null, { status, headers: { location: path } })
}

/** Returns the facts of a request that decide before anybody knows who sent it. */
export function askedOf(context: Context): Asked {
  const { incoming } = context.env as { incoming?: { socket?: { remoteAddress?: string } } }
  const peer = incoming?.socket?.remoteAddress
  return {
    method: context.req.raw.method,
    url: context.req.url,
    header: (name) => context.req.header(name),
    peer: peer === undefined ? undefined : plainAddress(peer),
  }
}
