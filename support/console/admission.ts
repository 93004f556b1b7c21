import type { Context } from 'hono'
import { stampOf } from '../people/people_file'
import type { Person } from '../people/person'
import type { BrowserSessions } from './browser_sessions'
import type { ConsoleOptions } from './console_options'
import { NO_SESSION, type Known } from './known'
import { ProxyLogin } from './proxy_login'
import { redirect } from './redirect'
import type { Refuse } from './refuse'
import type { Session, Sessions } from './sessions'
import { safeThen } from './then'

/** The paths on which a person is known also while nothing is known of what people may do. */
const WITHOUT_POLICY: readonly string[] = ['/account', '/logout']

/** Knows who asks, by the session of a browser or by the word of a proxy, and turns all others away. */
export class Admission {
  private readonly proxy: ProxyLogin | undefined

  constructor(
    private readonly options: Pick<ConsoleOptions, 'people' | 'openid' | 'policy' | 'settings' | 'audit'>,
    private readonly browsers: BrowserSessions,
    private readonly sessions: Pick<Sessions, 'isGood'>,
    private readonly refuse: Refuse,
  ) {
    if (options.settings.proxy?.user !== undefined) this.proxy = new ProxyLogin(options, browsers, refuse)
  }

  /** Returns who asks, or the answer to somebody who is not logged in, or whose rights cannot be known. */
  async admit(context: Context): Promise<Known | Response> {
    const { people, policy } = this.options
    if (people !== undefined && people.content === undefined)
      return this.refuse(context, {
        status: 503,
        why: 'the file of people is not right, so no one is known; the log of lockstep serve says why',
      })
    const known = this.proxy === undefined ? this.find(context) : await this.proxy.find(context)
    if (known instanceof Response) return known
    if (known === undefined) return this.turnAway(context)
    if (policy.content === undefined && !WITHOUT_POLICY.includes(context.req.path))
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

  /** Returns who has logged in with a browser; undefined where it has no session. One whose person is gone ends. */
  find(context: Context): Known | undefined {
    const session = this.browsers.find(context)
    const person = session && this.personOf(session)
    if (session === undefined) return undefined
    if (person !== undefined) return { session, person }
    this.browsers.end(session.id)
    return undefined
  }

  /**
   * Returns a function that says whether an open stream may go on: its session is good, and neither the policy nor the groups
   * of its person have changed. After a change, the browser comes again, and is asked anew what it may see. No use of the
   * session is noted: a page that stands open is none.
   */
  goodAs({ session, person }: Known): () => boolean {
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

  /** Answers a stranger: with the way to the login, and with no word of what there is. */
  private turnAway(context: Context): Response | Promise<Response> {
    if (context.req.method === 'POST') return this.refuse(context, { status: 403, why: NO_SESSION })
    if (/\btext\/event-stream\b/.test(context.req.header('accept') ?? ''))
      return this.refuse(context, { status: 401, why: NO_SESSION })
    const { pathname, search } = new URL(context.req.url)
    const then = safeThen(`${pathname}${search}`)
    return redirect(302, then === '/' ? '/login' : `/login?then=${encodeURIComponent(then)}`)
  }
}
