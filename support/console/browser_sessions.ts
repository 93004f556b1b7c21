import type { Context } from 'hono'
import { readCookie, type Cookies } from './cookies'
import type { OpenStreams } from './open_streams'
import type { Session, Sessions } from './sessions'

/** The sessions of browsers, each by its cookie; what is open in one ends with it. */
export class BrowserSessions {
  constructor(
    private readonly sessions: Sessions,
    private readonly streams: Pick<OpenStreams, 'endOf'>,
    private readonly cookies: Pick<Cookies, 'session' | 'format'>,
  ) {}

  /** Returns the session of a browser; undefined where it has none, or it is over. */
  find(context: Context): Session | undefined {
    const id = this.sentBy(context)
    return id === undefined ? undefined : this.sessions.find(id)
  }

  /** Begins a session with a new id in place of the one that the browser had. */
  begin(context: Context, whose: Pick<Session, 'person' | 'groups' | 'stamp'>): Session {
    const before = this.sentBy(context)
    if (before !== undefined) this.end(before)
    return this.sessions.begin(whose)
  }

  /** Returns an answer that gives a browser the cookie of its session, where it does not have it yet. */
  giveCookie(context: Context, { id }: Session, answer: Response): Response {
    return this.sentBy(context) === id ? answer : this.withCookie(answer, id)
  }

  /** Ends a session, and all that is open in it. */
  end(id: string): void {
    this.sessions.end(id)
    this.streams.endOf(id)
  }

  /** Returns an answer with which a browser forgets its session. */
  forget(answer: Response): Response {
    return this.withCookie(answer, undefined)
  }

  private withCookie(answer: Response, id: string | undefined): Response {
    const own = new Response(answer.body, answer)
    own.headers.append('set-cookie', this.cookies.format(this.cookies.session, id))
    return own
  }

  private sentBy(context: Context): string | undefined {
    return readCookie(context.req.header('cookie'), this.cookies.session)
  }
}
