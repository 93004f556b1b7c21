import type { Context, Hono } from 'hono'
import type { Admission } from './admission'
import { askedOf } from './asked'
import type { BrowserSessions } from './browser_sessions'
import type { ConsoleOptions } from './console_options'
import type { Cookies } from './cookies'
import { addressOf, isLinkedFromElsewhere, OPENID_ANSWER, originOf } from './guard'
import { LoginLimits } from './login_limits'
import { OPENID_LOGIN } from './login_pages'
import { OpenIdLogin, type LoginRequest } from './openid_login'
import { PasswordLogin } from './password_login'
import { redirect } from './redirect'
import type { Refuse } from './refuse'
import { safeThen } from './then'

interface LoginParts {
  admission: Pick<Admission, 'find'>
  sessions: BrowserSessions
  cookies: Cookies
  refuse: Refuse
}

/** Adds the paths on which people log in: by password or at a provider. Where a proxy names them, there are none. */
export function addLoginPaths(app: Hono, options: ConsoleOptions, parts: LoginParts): void {
  const { people, openid: provider, settings, clock } = options
  if (settings.proxy?.user !== undefined) return
  const limits = new LoginLimits(clock)
  if (provider !== undefined) {
    const login = new OpenIdLogin({ ...options, provider, cookies: parts.cookies, limits })
    addProviderPaths(app, options, { ...parts, login, stamp: provider.stamp })
  } else if (people !== undefined) {
    const login = new PasswordLogin({ ...options, ...parts, people, limits })
    const canBeKnown = () => people.content !== undefined
    app.get('/login', (context) => {
      const then = safeThen(context.req.query('then'))
      const isKnown = canBeKnown() && parts.admission.find(context) !== undefined
      return isKnown ? redirect(302, then) : login.show(context, then)
    })
    app.post('/login', (context) => login.take(context))
  }
}

/** Adds the paths of a login at a provider: the way there, and the one back. */
function addProviderPaths(
  app: Hono,
  { audit, settings }: Pick<ConsoleOptions, 'audit' | 'settings'>,
  { admission, sessions, login, stamp }: LoginParts & { login: OpenIdLogin; stamp: string },
): void {
  const show = (context: Context) => {
    const then = safeThen(context.req.query('then'))
    return admission.find(context) === undefined ? login.show(then) : redirect(302, then)
  }
  app.get('/login', show)
  app.get(OPENID_LOGIN, (context) =>
    // Another login would take the place of one that is under way: a page elsewhere gets no further than to the link.
    isLinkedFromElsewhere((name) => context.req.header(name))
      ? show(context)
      : login.begin(loginRequestOf(context, settings)),
  )
  app.get(OPENID_ANSWER, async (context) => {
    const request = loginRequestOf(context, settings)
    const done = await login.finish(request)
    if (done instanceof Response) return done
    const { name, groups } = done.person
    await audit.append({ type: 'logged in', person: name, address: request.address, by: 'openid' })
    const session = sessions.begin(context, { person: name, groups: [...groups], stamp })
    const answer = sessions.giveCookie(context, session, redirect(303, done.goesTo))
    for (const cookie of done.cookies) answer.headers.append('set-cookie', cookie)
    return answer
  })
}

function loginRequestOf(context: Context, settings: ConsoleOptions['settings']): LoginRequest {
  const asked = askedOf(context)
  const [own = ''] = settings.origins
  return {
    url: new URL(context.req.url),
    cookie: context.req.header('cookie'),
    origin: originOf(asked, settings) ?? own,
    address: addressOf(asked, settings),
  }
}
