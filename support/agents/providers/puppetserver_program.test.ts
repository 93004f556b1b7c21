import https from 'node:https'
import type { AddressInfo } from 'node:net'
import { expect } from 'chai'
import { runCommand } from '../../system/command'
import { reasonOf } from '../../testing/failure'
import { Scratch } from '../../testing/scratch'
import { OTHER_CERTIFICATE, OTHER_KEY, TEST_CERTIFICATE, TEST_KEY } from '../../testing/test_certificate'
import { puppetserverProgram } from './puppetserver_program'

const CATALOG = JSON.stringify({ version: '2026.11.3 0a1b', environment: 'production', resources: [] })

describe('the puppetserver of a host', () => {
  let scratch: Scratch
  let server: https.Server | undefined
  const asked: string[] = []

  beforeEach(() => {
    scratch = new Scratch()
    asked.length = 0
  })
  afterEach(async () => {
    if (server !== undefined) await new Promise((resolve) => server?.close(resolve))
    server = undefined
    scratch.remove()
  })

  const listen = async (body: string, { status = 200, key = TEST_KEY, cert = TEST_CERTIFICATE } = {}) => {
    const made = https.createServer({ key, cert }, (request, response) => {
      asked.push(request.url ?? '')
      response.writeHead(status, { connection: 'close' }).end(body)
    })
    server = made
    await new Promise<void>((resolve) => made.listen(0, '127.0.0.1', resolve))
    return (made.address() as AddressInfo).port
  }
  /** Returns the puppetserver of a host whose puppet tells these settings. */
  const on = (port: number, more: Readonly<Record<string, string>> = {}, exit = 0) => {
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
    const puppet = scratch.write('puppet', `#!/bin/sh\ncat <<'EOF'\n${text}\nEOF\nexit ${exit}\n`, 0o755)
    return puppetserverProgram(runCommand, puppet)
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
    await on(port).serving('test', signal)
    expect(asked).to.deep.equal([
      '/puppet/v3/catalog/127.0.0.1?environment=production',
      '/puppet/v3/catalog/127.0.0.1?environment=test',
    ])
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
    expect(await reasonOf(on(port, {}, 1).serving(undefined, signal))).to.match(/Could not parse/)
    expect(await reasonOf(on(port, { hostcert: '' }).serving(undefined, signal))).to.match(
      /puppet does not say its hostcert/,
    )
  })
})
