import type { Context } from 'hono'
import { stampOf, type People } from '../people/people_file'
import { askedOf } from './asked'
import type { BrowserSessions } from './browser_sessions'
import type { ConsoleOptions, Fresh } from './console_options'
import {
  BROWSER_S,
  browserMark,
  browserOf,
  isSecret,
  loginToken,
  newSecret,
  readCookie,
  type Cookies,
} from './cookies'
import { addressOf, readForm } from './guard'
import type { LoginLimits } from './login_limits'
import { loginPage } from './login_pages'
import { redirect } from './redirect'
import type { Refuse } from './refuse'
import { isEqual } from './sessions'
import { safeThen } from './then'

/** A login that did not come about: the words of the audit trail, and those of the page. */
interface Failed {
  why: string
  trouble: string
  status: 403 | 429
  /** The seconds after which it may be tried again. */
  retryAfterS?: number
}

/** Logs in the people of the file, by name and password: shows the form, and judges what it comes back with. */
export class PasswordLogin {
  constructor(
    private readonly options: Pick<
      ConsoleOptions,
      'logins' | 'audit' | 'browserKey' | 'settings' | 'onRefused'
    > & {
      people: Fresh<People>
      cookies: Cookies
      limits: LoginLimits
      sessions: BrowserSessions
      refuse: Refuse
    },
  ) {}

  /** Answers with the form, which is good in this browser alone. */
  show(context: Context, then: string, trouble?: string, status = 200): Response {
    const { login, format } = this.options.cookies
    const sent = this.sentBy(context, login)
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

  /** Takes the form, and begins a session for the person whose password is in it. */
  async take(context: Context): Promise<Response> {
    const { people, refuse } = this.options
    const form = await readForm(context.req.raw)
    if (!(form instanceof URLSearchParams)) return refuse(context, form)
    const secret = this.sentBy(context, this.options.cookies.login)
    if (!isSecret(secret) || !isEqual(form.get('form') ?? '', loginToken(secret)))
      return refuse(context, {
        status: 403,
        why: 'the form of the login is not one of this browser; load its page again',
      })
    if (people.content === undefined)
      return refuse(context, {
        status: 503,
        why: 'the file of people is not right, so no one can log in',
      })
    return this.judge(context, form, people.content)
  }

  private async judge(context: Context, form: URLSearchParams, people: People): Promise<Response> {
    const { logins, audit, browserKey, settings, cookies, limits, sessions } = this.options
    const [name, password] = [form.get('name') ?? '', form.get('password') ?? '']
    const then = safeThen(form.get('then'))
    const address = addressOf(askedOf(context), settings)
    const browser = browserOf(browserKey, name, this.sentBy(context, cookies.browser))
    const attempt = { name: name.slice(0, 64), address, browser }
    const fail = async ({ why, trouble, status, retryAfterS }: Failed) => {
      this.options.onRefused(`${status} for a login`)
      // A name that was only typed may be a password in the wrong field.
      const person = people.has(name) ? name : null
      await audit.refuse({ type: 'login refused', person, address, why })
      const answer = this.show(context, then, trouble, status)
      if (retryAfterS !== undefined) answer.headers.set('retry-after', String(retryAfterS))
      return answer
    }
    const wait = limits.begin(attempt)
    if (wait !== undefined) return fail(tooOften(wait))
    const judged = await logins.judge(people, name, password)
    if (judged === undefined) return fail(WRONG)
    limits.takeBack(attempt)
    if (judged === 'busy') return fail(BUSY)
    await audit.append({ type: 'logged in', person: judged.name, address, by: 'password' })
    const whose = { person: judged.name, groups: null, stamp: stampOf(judged) }
    const answer = sessions.giveCookie(context, sessions.begin(context, whose), redirect(303, then))
    answer.headers.append('set-cookie', cookies.format(cookies.login, undefined))
    if (browser === undefined)
      answer.headers.append(
        'set-cookie',
        cookies.format(cookies.browser, browserMark(browserKey, judged.name), BROWSER_S),
      )
    return answer
  }

  private sentBy(context: Context, cookie: string): string | undefined {
    return readCookie(context.req.header('cookie'), cookie)
  }
}

const WRONG: Failed = {
  why: 'wrong name or password',
  trouble: 'The name or the password is not right.',
  status: 403,
}
const BUSY: Failed = {
  why: 'too many logins at a time',
  trouble: 'Too many people log in at this moment. Come again in a minute.',
  status: 429,
  retryAfterS: 60,
}

function tooOften(wait: number): Failed {
  return {
    why: 'too many logins that were not right',
    trouble: `Too many logins were not right. Come again in ${Math.ceil(wait / 60)} minutes, or use a browser that you have logged in with before.`,
    status: 429,
    retryAfterS: wait,
  }
}
