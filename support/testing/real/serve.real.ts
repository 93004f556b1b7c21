import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import http from 'node:http'
import net from 'node:net'
import { join } from 'node:path'
import { expect } from 'chai'
import { readPipeline } from '../../pipeline/pipeline_journal'
import { Scratch } from '../scratch'
import { untilGone } from '../until_gone'
import { freePort, start, untilReady, type Running } from './processes'
import { LOCKSTEP } from './program'

const SECRET = 'a secret, with spaces: ü'
const KEY = Buffer.from('a signing key of thirty-two byte')
const FORGED = 10_000
/** Megabytes that a flood may cost: far less than what it sends, and more than what collecting garbage varies by. */
const MAX_GROWTH_MB = 200

describe('lockstep serve as a process, told by curl with signatures of openssl', () => {
  let scratch: Scratch
  let port: number
  let serving: Running | undefined
  before(async () => {
    scratch = new Scratch()
    port = await freePort()
    scratch.write('key', SECRET)
    scratch.write('signing', `whsec_${KEY.toString('base64')}`)
    const signed = '{ secret: { file: key } }'
    scratch.write(
      'lockstep.yaml',
      `pipeline:
  listen: { port: ${port} }
  spool: spool
  repositories:
    website:
      url: /srv/git/website.git
      branches: [main]
      trigger: [hook, { github: ${signed} }, { gitea: ${signed} }, { hmac: ${signed} }, { gitlab: { signing_key: { file: signing } } }]
`,
    )
  })
  after(async () => {
    await serving?.stop()
    scratch.remove()
  })

  const state = () => join(scratch.path, 'state')
  const taken = () => readPipeline(state()).events.filter(({ type }) => type === 'push taken').length
  const log = () => readFileSync(join(scratch.path, 'serve.log'), 'utf8')

  async function serve(): Promise<Running> {
    const args = [LOCKSTEP, 'serve', '--config', join(scratch.path, 'lockstep.yaml'), '--state', state()]
    serving = start(process.execPath, args, join(scratch.path, 'serve.log'))
    await untilReady(
      'lockstep serve',
      serving,
      async () => (await get('/healthz').catch(() => 0)) === 200,
      120_000,
    )
    return serving
  }

  async function get(path: string): Promise<number> {
    const response = await fetch(`http://127.0.0.1:${port}${path}`)
    await response.arrayBuffer()
    return response.status
  }

  function curl(
    path: string,
    body: string,
    headers: readonly string[],
  ): { status: number; json: Record<string, unknown> } {
    const file = scratch.write('body', body)
    const args = [
      '-s',
      '-w',
      '\n%{http_code}',
      '--data-binary',
      `@${file}`,
      ...headers.flatMap((one) => ['-H', one]),
    ]
    const lines = execFileSync('curl', [...args, `http://127.0.0.1:${port}${path}`], {
      encoding: 'utf8',
    }).split('\n')
    return { status: Number(lines.at(-1)), json: JSON.parse(lines[0] ?? '') as Record<string, unknown> }
  }

  function openssl(key: string | Buffer, content: string): string {
    const hex = Buffer.from(key).toString('hex')
    const args = ['dgst', '-sha256', '-mac', 'HMAC', '-macopt', `hexkey:${hex}`]
    return execFileSync('openssl', args, { input: content, encoding: 'utf8' }).replace(/^.*= /, '').trim()
  }

  const change = (digit: string) => ({
    ref: 'refs/heads/main',
    before: '0'.repeat(40),
    after: digit.repeat(40),
  })
  const github = (digit: string) => {
    const body = JSON.stringify({ ...change(digit), pusher: { name: 'ann' } })
    return curl('/hooks/website/github', body, [
      'X-GitHub-Event: push',
      `X-Hub-Signature-256: sha256=${openssl(SECRET, body)}`,
    ])
  }

  it('takes a push of each sender, and knows it again after kill -9', async () => {
    const first = await serve()
    const gitea = JSON.stringify(change('2'))
    const own = JSON.stringify({ id: '1', changes: [change('3')] })
    const gitlab = JSON.stringify({ object_kind: 'push', ...change('4') })
    const time = Math.floor(Date.now() / 1000)
    const signature = Buffer.from(openssl(KEY, `id-4.${time}.${gitlab}`), 'hex').toString('base64')
    const tellAll = () => [
      github('1'),
      curl('/hooks/website/gitea', gitea, [
        'X-Gitea-Event: push',
        `X-Gitea-Signature: ${openssl(SECRET, gitea)}`,
      ]),
      curl('/hooks/website/hmac', own, [`X-Lockstep-Signature: sha256=${openssl(SECRET, own)}`]),
      curl('/hooks/website/gitlab', gitlab, [
        'webhook-id: id-4',
        `webhook-timestamp: ${time}`,
        `webhook-signature: v1,${signature}`,
      ]),
    ]
    const told = tellAll()
    expect(told.map(({ status, json }) => [status, json['isNew']])).to.deep.equal(told.map(() => [202, true]))
    process.kill(first.child.pid ?? 0, 'SIGKILL')
    await untilGone(String(first.child.pid))
    expect(taken(), 'what was answered is on disk').to.equal(4)
    await serve()
    const again = tellAll()
    expect(again.map(({ json }) => json['isNew'])).to.deep.equal([false, false, false, false])
    expect(again.map(({ json }) => json['delivery'])).to.deep.equal(told.map(({ json }) => json['delivery']))
    expect(await get(String(told[0]?.json['fate']))).to.equal(200)
    expect(taken()).to.equal(4)
    expect(log()).not.to.contain(SECRET)
  }).timeout(300_000)

  it(`starts nothing for ${FORGED} forged posts, within a bound of memory and of log`, async () => {
    const { pid } = (serving ?? (await serve())).child
    const before = memory(pid)
    const [known, lines] = [taken(), log().split('\n').length]
    const agent = new http.Agent({ keepAlive: true, maxSockets: 64 })
    const body = Buffer.alloc(64 * 1024, 'x')
    const signed = { 'x-github-event': 'push', 'x-hub-signature-256': `sha256=${'a'.repeat(64)}` }
    const forms = [
      { path: '/hooks/website/github', headers: signed },
      { path: '/hooks/nosuch/github', headers: signed },
      { path: '/hooks/website/github', headers: {} },
      { path: '/hooks/website/gitlab', headers: { 'x-gitlab-token': 'guessed' } },
    ]
    const statuses = new Map<number, number>()
    let next = 0
    const sender = async () => {
      while (next < FORGED) {
        const { path, headers } = forms[next++ % forms.length] ?? {}
        const status = await post({ path, headers, body, agent, port })
        statuses.set(status, (statuses.get(status) ?? 0) + 1)
      }
    }
    await Promise.all(Array.from({ length: 64 }, sender))
    agent.destroy()
    const after = memory(pid)
    console.log(`      resident before ${before.now} MB, after ${after.now} MB, at most ${after.most} MB`)
    expect([...statuses]).to.deep.equal([[403, FORGED]])
    expect(taken()).to.equal(known)
    expect(after.most - before.now).to.be.lessThan(MAX_GROWTH_MB)
    expect(log().split('\n').length - lines).to.be.lessThan(20)
    expect(github('5').json['isNew']).to.equal(true)
  }).timeout(300_000)

  it('takes a push while hundreds of long bodies stand still, and ends when it is told to', async () => {
    const own = serving ?? (await serve())
    const before = memory(own.child.pid)
    const head = `POST /hooks/website/github HTTP/1.1\r\nHost: x\r\nX-Hub-Signature-256: sha256=${'a'.repeat(64)}\r\nContent-Length: 20000000\r\n\r\n`
    const sockets = await Promise.all(
      Array.from({ length: 300 }, async () => {
        const socket = net.connect(port, '127.0.0.1').on('error', () => {})
        await once(socket, 'connect')
        socket.write(head)
        socket.write(Buffer.alloc(1_000_000, 'x'))
        return socket
      }),
    )
    await pause(1_500)
    expect(github('6').json['isNew']).to.equal(true)
    const after = memory(own.child.pid)
    console.log(`      resident before ${before.now} MB, after ${after.now} MB, at most ${after.most} MB`)
    expect(after.most - before.now).to.be.lessThan(MAX_GROWTH_MB)
    const ended = once(own.child, 'exit')
    process.kill(own.child.pid ?? 0, 'SIGTERM')
    expect(await ended).to.deep.equal([0, null])
    for (const socket of sockets) socket.destroy()
    serving = undefined
  }).timeout(300_000)
})

interface Post {
  path: string | undefined
  headers: Readonly<Record<string, string>> | undefined
  body: Buffer
  agent: http.Agent
  port: number
}

/** Sends a post, and resolves with its status; a connection that is closed before is tried anew. */
async function post({ path, headers, body, agent, port }: Post): Promise<number> {
  for (;;) {
    const request = http.request({
      host: '127.0.0.1',
      port,
      path,
      method: 'POST',
      agent,
      headers: { ...headers, 'content-length': body.length },
    })
    request.end(body)
    try {
      const [response] = (await once(request, 'response')) as [http.IncomingMessage]
      response.resume()
      await once(response, 'end')
      return response.statusCode ?? 0
    } catch (error) {
      if (!['ECONNRESET', 'EPIPE'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
    }
  }
}

/** Returns the resident memory of a process, and the most that it ever had, in megabytes. Source: proc(5). */
function memory(pid: number | undefined): { now: number; most: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const of = (name: string) =>
    Math.round(Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)?.[1]) / 1024)
  return { now: of('VmRSS'), most: of('VmHWM') }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
