import { hostname } from 'node:os'
import { resolve } from 'node:path'
import { Hono } from 'hono'
import { LiveRuns } from '../console/live/live_runs'
import { rolloutRoutes } from '../console/live/rollout_routes'
import { HostLocks, lockSurroundings } from '../locks/host_locks'
import { listen } from '../server/listen'
import { systemClock } from '../system/clock'
import { processStartedAt } from '../system/process_start'

/** The policy that the console has: no script and no style but those of files. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

/** Serves the pages of rollouts to everybody who asks as `?as=` or by a header: a guard that guards nothing, for tests. */
async function main(state: string, port: number): Promise<void> {
  const app = new Hono()
  const locks = new HostLocks(lockSurroundings(process.env))
  const surroundings = {
    machine: hostname(),
    now: systemClock.now,
    startedAt: processStartedAt,
    holders: () => locks.list().catch(() => []),
  }
  const routes = rolloutRoutes({ runs: new LiveRuns(resolve(state), systemClock, surroundings) })
  for (const route of routes)
    app.get(route.path, async (context) => {
      const answer = await route.answer({
        person: { name: context.req.header('x-person') ?? 'ann', groups: [] },
        may: () => true,
        url: new URL(context.req.url),
        param: (name) => context.req.param(name) ?? '',
        header: (name) => context.req.header(name),
        signal: context.req.raw.signal,
      })
      answer.headers.set('content-security-policy', POLICY)
      return answer
    })
  // The style of all pages is another part's.
  app.get('/console.css', (context) => context.body(PLAIN, 200, { 'content-type': 'text/css' }))
  app.get('/memory', (context) => context.json(process.memoryUsage().rss / 1e6))
  await listen(app, { host: '127.0.0.1', port }, (what) => console.error(what))
}

const PLAIN = `* { box-sizing: border-box }
:root { color-scheme: light dark }
body { margin: 0 auto; max-width: 70rem; padding: 1rem 1.2rem 3rem; background: var(--paper); color: var(--ink); font: 15px/1.45 system-ui, sans-serif }
@media (max-width: 40rem) { body { padding: .8rem .7rem 2rem } }`

const [, , state = '.lockstep', port = '8099'] = process.argv
void main(state, Number(port))
