import type { Hono } from 'hono'

/** A browser, as far as a console sees it: it keeps cookies, and says which page a form comes from. */
export class ConsoleBrowser {
  readonly cookies = new Map<string, string>()
  /** Each cookie that was set, with its marks. */
  readonly set: string[] = []

  constructor(
    private readonly app: Pick<Hono, 'fetch'>,
    private readonly origin = 'https://deploy.example.org',
    private readonly peer = '127.0.0.1',
    private readonly extra: Readonly<Record<string, string>> = {},
  ) {}

  /** Asks for a path. A header that is undefined is left out. */
  async ask(
    path: string,
    {
      method = 'GET',
      body,
      headers = {},
    }: { method?: string; body?: string; headers?: Record<string, string | undefined> } = {},
  ): Promise<Response> {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const own: Record<string, string | undefined> = {
      host: new URL(this.origin).host,
      ...(cookie === '' ? {} : { cookie }),
      ...(method === 'POST'
        ? { origin: this.origin, 'content-type': 'application/x-www-form-urlencoded' }
        : {}),
      ...this.extra,
      ...headers,
    }
    const sent = Object.entries(own).flatMap(([name, value]): [string, string][] =>
      value === undefined ? [] : [[name, value]],
    )
    const init = { method, headers: sent, ...(body === undefined ? {} : { body }) }
    const url = /^https?:/.test(path) ? path : `${this.origin}${path}`
    const answer = await this.app.fetch(new Request(url, init), {
      incoming: { socket: { remoteAddress: this.peer } },
    })
    for (const each of answer.headers.getSetCookie()) this.keep(each)
    return answer
  }

  /** Sends a form as the page has it, with other fields than it asked for where they are given. */
  async send(
    page: string,
    path: string,
    fields: Record<string, string> | URLSearchParams,
  ): Promise<Response> {
    const form = {
      form: tokenIn(await (await this.ask(page)).text()),
      ...Object.fromEntries(new URLSearchParams(fields)),
    }
    return this.ask(path, { method: 'POST', body: new URLSearchParams(form).toString() })
  }

  logIn(name: string, password: string, then = '/'): Promise<Response> {
    const fields = new URLSearchParams({ name, password })
    fields.set('then', then)
    return this.send('/login', '/login', fields)
  }

  private keep(cookie: string): void {
    this.set.push(cookie)
    const [pair = ''] = cookie.split(';')
    const [name = '', value = ''] = pair.split('=')
    if (cookie.includes('Max-Age=0')) this.cookies.delete(name)
    else this.cookies.set(name, value)
  }
}

/** Returns the token of the first form of a page; empty where it has none. */
export function tokenIn(page: string): string {
  return /name="form" value="([^"]*)"/.exec(page)?.[1] ?? ''
}
