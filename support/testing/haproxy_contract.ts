import { expect } from 'chai'
import type { HaproxyBackend } from '../balancers/haproxy/backend'
import type { ServerState } from '../balancers/haproxy/state'
import { failure } from './failure'

export interface HaproxyUnderTest {
  /** Returns one of HAProxy's backends; `www` has web1 and web2, both in service. */
  backend(name: string): HaproxyBackend
  /** Runs `work` on the backend www with rights for looking alone. */
  asUser(work: (www: HaproxyBackend) => Promise<void>): Promise<void>
  /** Sends a command in HAProxy's own words. */
  tell(line: string): Promise<unknown>
  /** Opens a request that is under way at one of www's servers until `end`. */
  busy(): Promise<{ server: string; end(): Promise<void> }>
  setHealth(server: string, healthy: boolean): void
  stop(): Promise<void>
}

const WITHIN = 10_000

/** Describes the behaviour of HAProxy, real or simulated. */
export function haproxyContract(name: string, make: () => Promise<HaproxyUnderTest>): void {
  describe(`${name}, by its runtime socket`, () => {
    let haproxy: HaproxyUnderTest
    let www: HaproxyBackend
    before(async () => {
      haproxy = await make()
      www = haproxy.backend('www')
    })
    after(() => haproxy.stop())
    afterEach(async () => {
      for (const server of ['web1', 'web2']) await www.order(server, 'ready')
      await seen('web1', ({ inService }) => inService)
      await seen('web2', ({ inService }) => inService)
    })

    /** Looks until a server passes the test; the real one needs a moment for health checks and sessions. */
    async function seen(server: string, test: (state: ServerState) => boolean): Promise<ServerState> {
      const until = performance.now() + WITHIN
      for (;;) {
        const state = (await www.read()).servers.get(server)
        if (state !== undefined && test(state)) return state
        if (performance.now() > until) throw new Error(`${server} is ${JSON.stringify(state)}`)
        await new Promise((resolve) => setTimeout(resolve, 10))
      }
    }

    it('is read', async () => {
      const { servers, requests, failed } = await www.read()
      expect([...servers.keys()]).to.deep.equal(['web1', 'web2'])
      expect(servers.get('web1')).to.include({ admin: 'ready', inService: true, sessions: 0, weight: 1 })
      expect(requests).to.be.at.least(failed)
    })

    it('drains, maintains and puts back, says nothing to it, and leaves the others alone', async () => {
      for (const [order, status] of [
        ['drain', 'DRAIN'],
        ['maint', 'MAINT'],
      ] as const) {
        expect(await www.order('web1', order)).to.equal(undefined)
        expect(await seen('web1', () => true)).to.include({ admin: order, status, inService: false })
        expect(await seen('web2', () => true)).to.include({ admin: 'ready', inService: true })
      }
      expect(await www.order('web1', 'ready')).to.equal(undefined)
      await seen('web1', ({ inService }) => inService)
    })

    it('counts sessions that are open, also while it drains', async () => {
      const { server, end } = await haproxy.busy()
      await seen(server, ({ sessions }) => sessions === 1)
      await www.order(server, 'drain')
      expect(await seen(server, () => true)).to.include({ sessions: 1, admin: 'drain' })
      await end()
      await seen(server, ({ sessions }) => sessions === 0)
    })

    it('cuts sessions', async () => {
      const { server, end } = await haproxy.busy()
      await seen(server, ({ sessions }) => sessions === 1)
      expect(await www.cutSessions(server)).to.equal(undefined)
      await seen(server, ({ sessions }) => sessions === 0)
      await end()
    })

    it('says that there is no such server, or no such backend', async () => {
      const nope = haproxy.backend('nope')
      expect(await www.order('web9', 'maint')).to.equal('No such server.')
      expect(await www.cutSessions('web9')).to.equal('No such server.')
      expect(await nope.order('web1', 'maint')).to.equal('No such backend.')
      expect(await nope.cutSessions('web1')).to.equal('No such backend.')
      expect((await failure(nope.read())).message).to.contain('it has no backend nope')
    })

    it('denies orders to who may only look, and does nothing', () =>
      haproxy.asUser(async (user) => {
        expect(await user.order('web1', 'maint')).to.equal('Permission denied')
        expect(await user.cutSessions('web1')).to.equal('Permission denied')
        expect((await user.read()).servers.get('web1')?.inService).to.equal(true)
      }))

    it('has no server in service without weight', async () => {
      await haproxy.tell('set server www/web1 weight 0')
      expect(await seen('web1', () => true)).to.include({ weight: 0, admin: 'ready', inService: false })
      await haproxy.tell('set server www/web1 weight 100%')
      expect(await seen('web1', () => true)).to.include({ weight: 1, inService: true })
    })

    it('has no server in service whose health check fails, ready or not', async () => {
      haproxy.setHealth('web1', false)
      const down = await seen('web1', ({ status }) => status === 'DOWN')
      expect(down).to.include({ admin: 'ready', inService: false })
      expect(down.lastCheck).not.to.equal('')
      haproxy.setHealth('web1', true)
      await seen('web1', ({ inService }) => inService)
    })
  }).timeout(300_000)
}
