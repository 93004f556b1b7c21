import type { Context } from 'hono'
import { isName } from '../people/names'
import type { Person } from '../people/person'
import { askedOf } from './asked'
import type { BrowserSessions } from './browser_sessions'
import type { ConsoleOptions } from './console_options'
import { addressOf } from './guard'
import { NO_SESSION, type Known } from './known'
import type { Refuse } from './refuse'

/** Knows people by the headers of a proxy. Each request names its person anew; a session is there for forms alone. */
export class ProxyLogin {
  constructor(
    private readonly options: Pick<ConsoleOptions, 'settings' | 'audit'>,
    private readonly sessions: BrowserSessions,
    private readonly refuse: Refuse,
  ) {}

  /** Returns whom the proxy names, in a session that begins where there is none. */
  async find(context: Context): Promise<Known | Response> {
    const person = this.personIn(context)
    if (person === undefined)
      return this.refuse(context, {
        status: 403,
        why: 'the proxy names a person or a group whose name has other signs than a policy',
      })
    const { name, groups } = person
    const session = this.sessions.find(context)
    if (session?.person === name && session.stamp === null) return { session, person }
    // A form needs a session that it comes from, and a page has its form.
    if (context.req.method === 'POST') return this.refuse(context, { status: 403, why: NO_SESSION })
    const { audit, settings } = this.options
    const address = addressOf(askedOf(context), settings)
    await audit.append({ type: 'logged in', person: name, address, by: 'proxy' })
    const begun = this.sessions.begin(context, { person: name, groups: [...groups], stamp: null })
    return { session: begun, person }
  }

  /** Returns the person of the headers; undefined where a name is none. */
  private personIn(context: Context): Person | undefined {
    const { user = '', groups } = this.options.settings.proxy ?? {}
    const name = context.req.header(user) ?? ''
    const named = (groups === undefined ? '' : (context.req.header(groups) ?? ''))
      .split(',')
      .map((each) => each.trim())
      .filter((each) => each !== '')
    return isName(name) && named.every(isName) ? { name, groups: named } : undefined
  }
}
