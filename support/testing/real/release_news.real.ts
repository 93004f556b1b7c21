import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { FakeSmtp } from '../fake_smtp'
import { GitRepository } from '../git_repository'
import { Scratch } from '../scratch'
import { WebEndpoint } from '../web_endpoint'
import { freePort, start, untilReady, type Running } from './processes'
import { LOCKSTEP } from './program'

const CLIENT = `identity = control
connector = activemq
plugin.activemq.pool.size = 1
plugin.activemq.pool.1.host = 127.0.0.1
plugin.activemq.pool.1.port = 1
securityprovider = psk
plugin.psk = pssst-says-nobody
`

describe('a release that is pushed, as lockstep serve tells people of it', function () {
  this.timeout(600_000)
  let scratch: Scratch
  let port: number
  let website: GitRepository
  let hook: WebEndpoint
  let smtp: FakeSmtp
  let serving: Running | undefined
  before(async () => {
    scratch = new Scratch()
    port = await freePort()
    website = new GitRepository(scratch.path)
    hook = await WebEndpoint.start()
    smtp = new FakeSmtp()
    const mail = await smtp.start()
    scratch.write('client.cfg', `${CLIENT}libdir = ${scratch.path}\n`)
    scratch.write('lockstep.yaml', configuration(mail, '[release created]'))
  })
  after(async () => {
    await serving?.stop()
    await hook.stop()
    await smtp.stop()
    scratch.remove()
  })

  const configuration = (mail: number, on: string) => `environments:
  production:
    client_config: client.cfg
    notifications:
      - webhook: { url: ${hook.url('/chat')} }
        on: ${on}
      - email: { server: 127.0.0.1, port: ${mail}, from: deploys@example.net, to: [ops@example.net], tls: none }
        on: ${on}
pipeline:
  spool: spool
  listen: { port: ${port} }
  notifications: { environment: production }
  repositories:
    website: { url: ${website.url}, branches: [main], tags: [v*], trigger: [hook] }
`
  const at = (name: string) => join(scratch.path, name)
  const places = () => ['--config', at('lockstep.yaml'), '--state', at('.lockstep')]
  const serve = async () => {
    serving = start(process.execPath, [LOCKSTEP, 'serve', ...places()], at('serve.log'))
    await untilReady(
      'lockstep serve',
      serving,
      async () => (await fetch(`http://127.0.0.1:${port}/healthz`).catch(() => undefined))?.status === 200,
      120_000,
    )
  }
  const until = async (what: string, isSo: () => boolean) => {
    for (const end = Date.now() + 240_000; !isSo();) {
      if (Date.now() > end) throw new Error(`never came: ${what}\n${serving?.log ?? ''}`)
      await new Promise((done) => setTimeout(done, 50))
    }
  }
  const isWritten = (ref: string) => {
    const folder = at('.lockstep/pipeline/notifications')
    const files = readdirSync(folder).filter((name) => name.endsWith('.told.json'))
    return files.some((name) => readFileSync(join(folder, name), 'utf8').includes(ref))
  }
  const summaries = () => hook.received.map(({ body }) => (JSON.parse(body) as { summary: string }).summary)
  const keys = () => hook.received.map(({ headers }) => headers['idempotency-key'])

  it('comes once to each channel: the release, by whom, at which commit, and where it is', async () => {
    const install = spawnSync(process.execPath, [LOCKSTEP, 'hook', '--install', 'website.git'], {
      cwd: scratch.path,
      encoding: 'utf8',
    })
    expect(install.status, install.stderr).to.equal(0)
    await serve()
    const commit = website.push({ page: 'one' }).slice(0, 12)
    website.send('HEAD', 'refs/tags/v1')
    await until('the release v1', () => hook.received.length === 1 && smtp.messages.length === 1)
    expect(summaries()[0]).to.match(
      new RegExp(
        `^release v1 was created by \\S+ at commit ${commit}; the repository .*website.git shows it$`,
      ),
    )
    const mail = smtp.messages[0]?.replaceAll(/=?\n ?/g, ' ').replaceAll(/ +/g, ' ')
    expect(mail, mail).to.match(/release v1 was created by/)
  })

  it('is kept where a channel is away and serve is killed, and no channel waits for the other', async () => {
    hook.answer = (response) => void response.writeHead(503).end()
    website.push({ page: 'two' })
    website.send('HEAD', 'refs/tags/v2')
    // A mail that was taken is another one until serve has written that down.
    await until('the mail of v2', () => hook.received.length >= 2 && isWritten('refs/tags/v2'))
    expect(smtp.messages).to.have.length(2)
    await serving?.stop('SIGKILL')
    const [, away] = keys()
    hook.answer = (response) => void response.end('ok')
    const before = hook.received.length
    await serve()
    await until('the release v2', () => hook.received.length === before + 1)
    expect(keys().at(-1)).to.equal(away)
    // A later one shows that no more of the earlier ones are on their way.
    website.push({ page: 'three' })
    website.send('HEAD', 'refs/tags/v3')
    await until('the release v3', () => hook.received.length === before + 2 && smtp.messages.length === 3)
    expect(summaries().at(-1)).to.contain('release v3 was created')
    expect(new Set(keys()).size).to.equal(3)
    expect(smtp.messages.filter((mail) => mail.includes('release v2'))).to.have.length(1)
  })

  it('would reach nobody where no channel takes it, and serve says so', async () => {
    await serving?.stop()
    scratch.write('lockstep.yaml', configuration(1, '[failed]'))
    const { status, stderr, stdout } = spawnSync(process.execPath, [LOCKSTEP, 'serve', ...places()], {
      encoding: 'utf8',
      timeout: 120_000,
    })
    expect(status).to.equal(2)
    expect(`${stdout}${stderr}`).to.match(/lockstep\.yaml:\d+: nobody would be told: no channel among/)
  })
})
