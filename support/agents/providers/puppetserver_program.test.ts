import https from 'node:https'
import type { AddressInfo } from 'node:net'
import { expect } from 'chai'
import { runCommand } from '../../system/command'
import { reasonOf } from '../../testing/failure'
import { Scratch } from '../../testing/scratch'
import { OTHER_CERTIFICATE, OTHER_KEY, TEST_CERTIFICATE, TEST_KEY } from '../../testing/test_certificate'
import { openServerAt } from './own_puppetserver'
import { puppetserverProgram } from './puppetserver_program'

/** The settings of environments as a puppetserver tells them: a time in seconds is a number. */
const environments = (timeout: string) => {
  const environment_timeout = timeout === 'unlimited' ? timeout : Number(timeout)
  const one = { settings: { modulepath: [], environment_timeout, config_version: '' } }
  return JSON.stringify({ search_paths: [], environments: { production: one, test: one } })
}
const FACTS = JSON.stringify({ name: '127.0.0.1', values: { os: { family: 'D & "ä' } }, timestamp: 't' })
const CATALOG = JSON.stringify({ version: '2026.11.3 0a1b', environment: 'production', resources: [] })

describe('the puppetserver of a host', () => {
  let scratch: Scratch
  let server: https.Server | undefined
  const asked: string[] = []
  const posted: string[] = []

  beforeEach(() => {
    scratch = new Scratch()
    asked.length = 0
    posted.length = 0
  })
  afterEach(async () => {
    if (server !== undefined) await new Promise((resolve) => server?.close(resolve))
    server = undefined
    scratch.remove()
  })

  const listen = async (
    body: string,
    { status = 200, key = TEST_KEY, cert = TEST_CERTIFICATE, timeout = '0', answers = true } = {},
  ) => {
    const made = https.createServer({ key, cert }, (request, response) => {
      const { method, url = '' } = request
      asked.push(`${method} ${url}`)
      let sent = ''
      request.on('data', (piece: Buffer) => (sent += piece.toString()))
      request.on('end', () => {
        if (sent !== '') posted.push(sent)
        if (!answers) return
        const isCatalog = url.startsWith('/puppet/v3/catalog/')
        response.writeHead(isCatalog ? status : 200, { connection: 'close' })
        response.end(isCatalog ? body : environments(timeout))
      })
    })
    server = made
    await new Promise<void>((resolve) => made.listen(0, '127.0.0.1', resolve))
    return (made.address() as AddressInfo).port
  }
  /** Listens in place of the server before. */
  const again = async (how: { timeout?: string } = {}) => {
    const before = server
    await new Promise((resolve) => (before === undefined ? resolve(undefined) : before.close(resolve)))
    return listen(CATALOG, how)
  }
  /** Returns the puppetserver of a host whose puppet tells these settings. */
  const on = (
    port: number,
    more: Readonly<Record<string, string>> = {},
    { exit = 0, told = FACTS, addresses = ['127.0.0.1'] } = {},
  ) => {
    const settings: Readonly<Record<string, string>> = {
      certname: '127.0.0.1',
      hostcert: scratch.write('host.pem', TEST_CERTIFICATE),
      hostprivkey: scratch.write('host.key', TEST_KEY),
      localcacert: scratch.write('ca.pem', `${TEST_CERTIFICATE}${OTHER_CERTIFICATE}`),
      serverport: String(port),
      environment: 'production',
      environment_timeout: '0',
      ...more,
    }
    const lines = Object.entries(settings).map(([name, value]) => `${name} = ${value}`)
    const text = exit === 0 ? lines.join('\n') : 'Error: Could not parse /etc/puppet/puppet.conf'
    const facts = `[ "$*" = 'facts find 127.0.0.1 --render-as json' ] && cat <<'EOF' && exit\n${told}\nEOF`
    const script = `#!/bin/sh\n${facts}\ncat <<'EOF'\n${text}\nEOF\nexit ${exit}\n`
    return puppetserverProgram(
      runCommand,
      scratch.write('puppet', script, 0o755),
      openServerAt(() => addresses),
    )
  }
  const signal = new AbortController().signal

  it('is asked for the catalog of this host, under its own name, and tells the version of that', async () => {
    const port = await listen(CATALOG)
    expect(await on(port).serving(undefined, signal)).to.deep.equal({
      version: '2026.11.3 0a1b',
      environment: 'production',
      environmentTimeout: '0',
      url: `https://127.0.0.1:${port}`,
    })
    expect(asked).to.deep.equal([
      'POST /puppet/v3/catalog/127.0.0.1',
      'GET /puppet/v3/environments?environment=production',
    ])
  })

  it('gets the facts of this host, as an agent sends them', async () => {
    await on(await listen(CATALOG)).serving(undefined, signal)
    const sent = new URLSearchParams(posted[0])
    expect(sent.get('environment')).to.equal('production')
    expect(sent.get('facts_format')).to.equal('application/json')
    expect(decodeURIComponent(sent.get('facts') ?? '')).to.equal(FACTS)
    const none = on(await again(), {}, { told: 'null' })
    expect(await reasonOf(none.serving(undefined, signal))).to.equal(
      'puppet does not tell the facts of this host',
    )
  })

  it('fails where it compiles another environment than the one that was asked for', async () => {
    const port = await listen(CATALOG.replace('production', 'test'))
    expect((await on(port).serving('test', signal)).environment).to.equal('test')
    expect(await reasonOf(on(port).serving(undefined, signal))).to.match(
      /compiles this host in test although production was asked for/,
    )
  })

  it('tells the environment_timeout that it was started with, also where the one on disk is 0 by now', async () => {
    for (const [running, onDisk, told] of [
      ['unlimited', '0', 'unlimited'],
      ['0', 'unlimited', 'unlimited'],
      ['180', '0', '180'],
    ] as const) {
      const port = await again({ timeout: running })
      const found = await on(port, { environment_timeout: onDisk }).serving(undefined, signal)
      expect(found.environmentTimeout).to.equal(told)
    }
    expect(await reasonOf(on(await again({ timeout: 'a' })).serving(undefined, signal))).to.match(
      /does not say the environment_timeout of production/,
    )
  })

  it('fails in a sentence where it takes a request and answers nothing', async () => {
    const port = await listen('', { answers: false })
    const waited = new AbortController()
    const why = reasonOf(on(port).serving(undefined, waited.signal))
    server?.once('request', () => waited.abort())
    expect(await why).to.match(/gave no catalog of production while it was waited for$/)
  })

  it('is not one at another address, although that has this host’s own certificate', async () => {
    const port = await listen(CATALOG)
    const other = on(port, {}, { addresses: ['192.0.2.1'] })
    expect(await reasonOf(other.serving(undefined, signal))).to.match(
      /is another host's: 127\.0\.0\.1 leads to 127\.0\.0\.1, which is no address of this host/,
    )
  })

  it('is not asked by a host without a certificate', async () => {
    const unsigned = on(1, { hostcert: scratch.path })
    expect(await reasonOf(unsigned.serving(undefined, signal))).to.match(
      /^This host has no certificate of puppet that can be read: /,
    )
  })

  it('is not another server, although that has a certificate of the same authority for the same name', async () => {
    const port = await listen(CATALOG, { key: OTHER_KEY, cert: OTHER_CERTIFICATE })
    expect(await reasonOf(on(port).serving(undefined, signal))).to.match(/is another host's/)
  })

  for (const [what, body, status, said] of [
    ['no catalog', 'Evaluation Error: broken', 500, /gives no catalog of production \(500\): .*broken/],
    ['half a catalog', CATALOG.slice(0, 20), 200, /gives a catalog without a version/],
    ['a catalog without a version', '{"environment":"production"}', 200, /gives a catalog without a version/],
    ['a page', '<html>', 200, /gives a catalog without a version/],
  ] as const)
    it(`fails with its words where it gives ${what}`, async () => {
      const port = await listen(body, { status })
      expect(await reasonOf(on(port).serving(undefined, signal))).to.match(said)
    })

  it('fails where nobody listens, and where puppet cannot tell its settings', async () => {
    const port = await listen('')
    await new Promise((resolve) => server?.close(resolve))
    server = undefined
    expect(await reasonOf(on(port).serving(undefined, signal))).to.match(/does not answer: .*ECONNREFUSED/)
    expect(await reasonOf(on(port, {}, { exit: 1 }).serving(undefined, signal))).to.match(/Could not parse/)
    expect(await reasonOf(on(port, { hostcert: '' }).serving(undefined, signal))).to.match(
      /puppet does not say its hostcert/,
    )
  })
})
