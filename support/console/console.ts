import { Hono, type Context } from 'hono'
import type { Act } from '../people/person'
import type { ActRequest, ConsoleAct, FormRequest, FormRoute } from './act'
import { Admission } from './admission'
import { askedOf } from './asked'
import { BrowserSessions } from './browser_sessions'
import type { ConsoleOptions } from './console_options'
import { cookiesFor } from './cookies'
import { addressOf, ANSWER_HEADERS, judgeRequest, readForm } from './guard'
import type { Known } from './known'
import { accountPage, refusalPage } from './login_pages'
import { addLoginPaths } from './login_paths'
import { OpenStreams } from './open_streams'
import { redirect } from './redirect'
import { refuseFor, type Refuse } from './refuse'
import { Sessions } from './sessions'

/** The console of `lockstep serve`, as an app: it knows who asks, and answers no one else. */
export function consoleApp(options: ConsoleOptions): Hono {
  return new Console(options).app
}

const LOGOUT = '/logout'

/** A form that was sent by the page that has it, and by the person whose page it is. */
interface Taken {
  known: Known
  form: URLSearchParams
}

class Console {
  readonly app = new Hono()
  private readonly refuse: Refuse
  private readonly sessions: Sessions
  private readonly streams: OpenStreams
  private readonly browsers: BrowserSessions
  private readonly admission: Admission

  constructor(private readonly options: ConsoleOptions) {
    const { settings, state, clock, signal, routes, acts, assets, onFailure } = options
    const cookies = cookiesFor(settings.origins.every((origin) => origin.startsWith('https:')))
    this.refuse = refuseFor(options)
    this.sessions = new Sessions(state, clock, settings)
    this.streams = new OpenStreams(clock, signal)
    this.browsers = new BrowserSessions(this.sessions, this.streams, cookies)
    this.admission = new Admission(options, this.browsers, this.sessions, this.refuse)
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
    const { admission, refuse } = this
    addLoginPaths(this.app, options, { admission, refuse, sessions: this.browsers, cookies })
    this.app.post(LOGOUT, (context) => this.logOut(context))
    for (const act of acts) this.app.post(act.path, (context) => this.act(context, act))
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
    const known = await this.admission.admit(context)
    if (known instanceof Response) return known
    const open = this.streams.add(known.session.id, this.admission.goodAs(known))
    const leave = () => open.end.abort()
    context.req.raw.signal.addEventListener('abort', leave, { once: true })
    let follows = false
    try {
      const answer = await route.answer(this.requestOf(context, known, open.end.signal))
      const goesOn = /^text\/event-stream(?:;|$)/.test(answer.headers.get('content-type') ?? '')
      follows = goesOn && answer.body !== null
      const whole = follows ? this.streams.follow(open, answer) : answer
      return this.browsers.giveCookie(context, known.session, whole)
    } finally {
      if (!follows) {
        this.streams.remove(open)
        context.req.raw.signal.removeEventListener('abort', leave)
      }
    }
  }

  /** Performs an act of somebody who is logged in. */
  private async act(context: Context, { act }: ConsoleAct): Promise<Response> {
    const taken = await this.takeForm(context)
    if (taken instanceof Response) return taken
    const { known, form } = taken
    const { session, person } = known
    const open = this.streams.add(session.id, this.admission.goodAs(known))
    try {
      const request: ActRequest = {
        ...this.requestOf(context, known, open.end.signal),
        form,
        refuse: (why, status = 403) => this.refuse(context, { status, why }, person),
        note: (name, what) =>
          this.options.audit.append({
            type: 'acted',
            person: person.name,
            address: this.addressOf(context),
            act: name,
            what,
          }),
      }
      return await act(request)
    } finally {
      this.streams.remove(open)
    }
  }

  /** Ends a session, and all that is open in it. */
  private async logOut(context: Context): Promise<Response> {
    const taken = await this.takeForm(context)
    if (taken instanceof Response) return taken
    const { session, person } = taken.known
    this.browsers.end(session.id)
    const address = this.addressOf(context)
    await this.options.audit.append({ type: 'logged out', person: person.name, address })
    return this.browsers.forget(redirect(303, '/login'))
  }

  /** Returns a form that was never sent before, or the answer to one that is refused. */
  private async takeForm(context: Context): Promise<Taken | Response> {
    const known = await this.admission.admit(context)
    if (known instanceof Response) return known
    const form = await readForm(context.req.raw)
    if (!(form instanceof URLSearchParams)) return this.refuse(context, form, known.person)
    const why = this.sessions.takeForm(known.session.id, context.req.path, form.get('form') ?? '')
    return why === undefined
      ? { known, form }
      : this.refuse(context, { status: 403, why: `${why}; load its page again` }, known.person)
  }

  private async answerNothing(context: Context): Promise<Response> {
    const known = await this.admission.admit(context)
    if (known instanceof Response) return known
    const isAct = [LOGOUT, ...this.options.acts.map(({ path }) => path)].includes(context.req.path)
    const takesForms = isAct && context.req.method !== 'POST'
    const answer = takesForms
      ? refusalPage(405, 'this path takes a form alone', known.person)
      : refusalPage(404, 'the console has no page at this address', known.person)
    if (takesForms) answer.headers.set('allow', 'POST')
    return this.browsers.giveCookie(context, known.session, answer)
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
    return accountPage(person, this.options.settings.environments, may, newForm(LOGOUT))
  }

  private addressOf(context: Context): string {
    return addressOf(askedOf(context), this.options.settings)
  }
}
