import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { STYLE } from '../console/page'
import type { FormRoute } from '../console/act'
import type { ConsoleRequest } from '../console/route'

/** The headers that a guard gives all answers: nothing but the own styles is let in. */
const POLICY =
  "default-src 'none'; style-src 'self'; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

export interface MountedConsole {
  /** The address of the console, without a slash at its end. */
  address: string
  stop: () => Promise<void>
}

/** Serves routes on loopback, as the guard of the console calls them, for a person who is logged in already. */
export async function mountConsole(
  routes: readonly FormRoute[],
  may: ConsoleRequest['may'] = () => true,
): Promise<MountedConsole> {
  const app = new Hono()
  app.get(STYLE.path, (context) => context.body(STYLE.text, 200, { 'content-type': STYLE.type }))
  for (const { path, answer } of routes)
    app.get(path, async (context) => {
      const response = await answer({
        person: { name: 'ann', groups: ['web'] },
        may,
        url: new URL(context.req.url),
        param: (name) => context.req.param(name) ?? '',
        header: (name) => context.req.header(name),
        signal: context.req.raw.signal,
        newForm: () => 'token',
      })
      response.headers.set('content-security-policy', POLICY)
      return response
    })
  return new Promise((resolve) => {
    const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) =>
      resolve({
        address: `http://127.0.0.1:${port}`,
        stop: () => new Promise((done) => server.close(() => done())),
      }),
    )
  })
}
