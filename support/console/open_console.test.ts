import { expect } from 'chai'
import { Hono } from 'hono'
import pino from 'pino'
import { ConsoleBrowser } from '../testing/console_browser'
import { FakeClock } from '../testing/fake_clock'
import { Scratch } from '../testing/scratch'
import { OPENID } from '../testing/signing_provider'
import { openConsole } from './open_console'

describe('the console of a state folder', () => {
  let scratch: Scratch
  beforeEach(() => (scratch = new Scratch()))
  afterEach(() => scratch.remove())

  it('tells the log why a provider fails, also after a stranger was refused', async () => {
    const lines: string[] = []
    const pages = openConsole(
      {
        people: undefined,
        // Nothing listens on this port, and none of its connections comes about.
        openid: { ...OPENID, issuer: 'http://127.0.0.1:2' },
        policy: scratch.write('policy.txt', 'everybody may look in test\n'),
        origins: ['http://127.0.0.1:8090'],
        sessionMs: 60_000,
        idleMs: 60_000,
        tls: undefined,
        proxy: undefined,
        environments: ['test'],
        secretFiles: [],
        features: [],
        approval: {},
      },
      { routes: [], acts: [], assets: [], api: { owns: () => false, open: () => new Hono() } },
      {
        state: scratch.path,
        clock: new FakeClock(),
        log: pino({}, { write: (line: string) => lines.push(line) }),
        signal: new AbortController().signal,
        onFailure: (error) => {
          throw error
        },
      },
    )
    const statusAt = async (origin: string) =>
      (await new ConsoleBrowser(pages.app, origin).ask('/login/openid')).status
    expect(await statusAt('http://evil.example')).to.equal(421)
    expect(await statusAt('http://127.0.0.1:8090')).to.equal(503)
    await pages.close()
    expect(lines.join('')).to.match(/no name of the console[\s\S]*does not answer: ECONNREFUSED/)
  })
})
