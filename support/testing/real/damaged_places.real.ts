import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { dirname, join } from 'node:path'
import { expect } from 'chai'
import { readPipeline } from '../../pipeline/pipeline_journal'
import { GitRepository } from '../git_repository'
import { Scratch } from '../scratch'
import { freePort, start, untilReady, type Running } from './processes'
import { LOCKSTEP } from './program'

const DAMAGED = '{"journal": 1, "ent'

describe('a lockstep serve whose files do not say up to where events were told', function () {
  this.timeout(300_000)
  let scratch: Scratch
  let website: GitRepository
  let server: Server
  let serving: Running | undefined
  /** The states that the server of statuses has taken, with their commits. */
  const shown: string[] = []

  before(async () => {
    scratch = new Scratch()
    website = new GitRepository(scratch.path)
    server = createServer((request, response) => {
      let body = ''
      request.on('data', (chunk: Buffer) => (body += chunk.toString()))
      request.on('end', () => {
        const { state } = JSON.parse(body) as { state: string }
        shown.push(`${request.url?.split('/').at(-1) ?? ''} ${state}`)
        response.writeHead(201, { 'content-type': 'application/json' }).end('{}')
      })
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const [port, broker] = await Promise.all([freePort(), freePort()])
    scratch.write('psk', 'a secret')
    scratch.write('token', 'a-token', 0o600)
    scratch.write(
      'lockstep.yaml',
      `environments:
  test:
    connector: activemq
    brokers: [{ host: 127.0.0.1, port: ${broker}, user: nobody, password: { file: psk } }]
    security: { provider: psk, secret: { file: psk } }
pipeline:
  listen: { port: ${port} }
  bus: { environment: test }
  spool: spool
  repositories:
    website:
      url: ${website.url}
      branches: [main]
      trigger: [hook]
      ci: { command: [sh, test.sh] }
      status: { gitea: { api: "http://127.0.0.1:${(server.address() as AddressInfo).port}", repository: acme/website, token: { file: token } } }
`,
    )
    for (const path of [busPlace(), statusPlace()]) {
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
      writeFileSync(path, DAMAGED, { mode: 0o600 })
    }
    const hook = [LOCKSTEP, 'hook', '--install', website.url]
    const installed = spawnSync(process.execPath, hook, { cwd: scratch.path, encoding: 'utf8' })
    expect(installed.status, installed.stderr).to.equal(0)
    const args = ['serve', '--config', at('lockstep.yaml'), '--state', at('state')]
    serving = start(process.execPath, [LOCKSTEP, ...args], at('serve.log'))
    const isUp = async () =>
      (await fetch(`http://127.0.0.1:${port}/healthz`).catch(() => undefined))?.status === 200
    await untilReady('lockstep serve', serving, isUp, 120_000)
  })
  after(async () => {
    await serving?.stop()
    server?.close()
    scratch.remove()
  })

  const at = (...names: string[]) => join(scratch.path, ...names)
  const busPlace = () => at('state', 'pipeline', 'bus', 'confirmed.json')
  const statusPlace = () => at('state', 'pipeline', 'statuses', 'website.json')
  const log = () => readFileSync(at('serve.log'), 'utf8')
  const warnings = (path: string) => log().split(`${path} does not say which events were told`).length - 1
  const built = () => readPipeline(at('state')).events.filter(({ type }) => type === 'build ended').length

  it('takes pushes and tests them, says it once of each, and tells nothing and changes neither', async () => {
    website.push({ 'test.sh': 'exit 0' })
    await until('it is tested', () => built() === 1)
    await until('both are named', () => warnings(busPlace()) > 0 && warnings(statusPlace()) > 0)
    website.push({ 'test.sh': 'exit 0 # again' })
    await until('the next is tested', () => built() === 2)
    expect([warnings(busPlace()), warnings(statusPlace())]).to.deep.equal([1, 1])
    expect(shown).to.deep.equal([])
    expect([busPlace(), statusPlace()].map((path) => readFileSync(path, 'utf8'))).to.deep.equal([
      DAMAGED,
      DAMAGED,
    ])
    expect(serving?.child.exitCode).to.equal(null)
  })

  it('goes on without a restart once a person has put one back, and has removed the other', async () => {
    writeFileSync(statusPlace(), JSON.stringify({ journal: 1, entries: 0 }))
    rmSync(busPlace())
    await until('all statuses are told', () => shown.filter((each) => each.endsWith(' success')).length === 2)
    await until('the bus begins', () => existsSync(busPlace()))
    const { commits } = stateOf()
    for (const commit of commits) expect(shown).to.include(`${commit} success`)
  })

  const stateOf = () => ({
    commits: readPipeline(at('state')).events.flatMap((event) =>
      event.type === 'commit seen' ? [event.commit] : [],
    ),
  })

  async function until(what: string, isSo: () => boolean): Promise<void> {
    for (const end = Date.now() + 180_000; !isSo(); await new Promise((done) => setTimeout(done, 100)))
      if (Date.now() > end) throw new Error(`never: ${what}\n${log()}`)
  }
})
