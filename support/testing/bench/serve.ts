import { spawnSync } from 'node:child_process'
import { createHmac } from 'node:crypto'
import http from 'node:http'
import { join, resolve } from 'node:path'
import { freePort, start, untilReady, type Running } from '../real/processes'
import type { Scratch } from '../scratch'
import { residentMegabytes, round, spread } from './measure'

const ROOT = resolve(__dirname, '..', '..', '..')
const SECRET = 'a secret of hooks'
const PUSHES = 4_000
const IN_FLIGHT = 32
const ROUNDS = 3
const IDLE_MS = 5_000
const READY_WITHIN_MS = 30_000

/** A server that does as little as a push can cost: it reads the body, writes it to disk, and answers. */
const PLAIN = `
const { appendFileSync, fsyncSync, openSync } = require('node:fs')
const file = openSync(process.argv[2], 'a')
require('node:http').createServer((request, response) => {
  const pieces = []
  request.on('data', (piece) => pieces.push(piece))
  request.on('end', () => {
    if (pieces.length > 0) { appendFileSync(file, Buffer.concat(pieces)); fsyncSync(file) }
    response.end('{}')
  })
}).listen(Number(process.argv[3]), '127.0.0.1')
`

/** Measures `lockstep serve`, compiled as it is installed, beside a plain server of Node that writes what it is sent to disk. */
export async function serveRows(scratch: Scratch): Promise<string[]> {
  spawnSync(process.execPath, [join(ROOT, 'support', 'bin', 'build.cjs')], { stdio: 'inherit' })
  const ours = await startServe(scratch)
  const plain = await startPlain(scratch)
  try {
    await new Promise((wait) => setTimeout(wait, IDLE_MS))
    const idle = [ours, plain].map(({ running }) => residentMegabytes(running.child.pid ?? 0))
    const rates: { ours: number; plain: number }[] = []
    for (let turn = 0; turn < ROUNDS; turn += 1)
      rates.push({
        plain: await pushesPerSecond(plain.url, turn),
        ours: await pushesPerSecond(ours.url, turn),
      })
    const [own = NaN, other = NaN] = idle
    const ratios = spread(rates.map((rate) => rate.ours / rate.plain))
    return [
      `| serve: pushes proven and on disk a second ÷ a plain server that writes each to disk | ${ratios} | |`,
      `| serve: pushes proven and on disk a second | ${spread(rates.map((rate) => rate.ours))} | |`,
      `| serve: memory when idle ÷ that plain server’s | ${round(own / other)} (${round(own)} · ${round(other)} MB) | |`,
      `| serve: memory after ${ROUNDS * PUSHES} pushes, MB | ${residentMegabytes(ours.running.child.pid ?? 0).toFixed(0)} | |`,
    ]
  } finally {
    await ours.running.stop()
    await plain.running.stop()
  }
}

interface Server {
  running: Running
  url: string
}

async function startServe(scratch: Scratch): Promise<Server> {
  const port = await freePort()
  scratch.write('serve.key', SECRET)
  const config = scratch.write(
    'serve.yaml',
    `pipeline:
  listen: { port: ${port} }
  spool: ${join(scratch.path, 'spool')}
  repositories:
    website: { url: /nowhere/website.git, branches: [main], trigger: [{ hmac: { secret: { file: serve.key } } }] }
`,
  )
  const program = join(ROOT, 'dist', 'support', 'bin', 'lockstep.cjs')
  const args = [program, 'serve', '--config', config, '--state', join(scratch.path, 'serve-state')]
  const running = start(process.execPath, args, join(scratch.path, 'serve.log'))
  await untilReady(
    'lockstep serve',
    running,
    () => answers(`http://127.0.0.1:${port}/healthz`),
    READY_WITHIN_MS,
  )
  return { running, url: `http://127.0.0.1:${port}/hooks/website/hmac` }
}

async function startPlain(scratch: Scratch): Promise<Server> {
  const port = await freePort()
  const program = scratch.write('plain.cjs', PLAIN)
  const args = [program, join(scratch.path, 'plain.ndjson'), String(port)]
  const running = start(process.execPath, args, join(scratch.path, 'plain.log'))
  const url = `http://127.0.0.1:${port}/`
  await untilReady('a plain server', running, () => answers(url), READY_WITHIN_MS)
  return { running, url }
}

async function answers(url: string): Promise<boolean> {
  return fetch(url).then(
    ({ ok }) => ok,
    () => false,
  )
}

/** Sends pushes that nothing is to be built for: the ref is none that the configuration wants. */
async function pushesPerSecond(url: string, turn: number): Promise<number> {
  const agent = new http.Agent({ keepAlive: true, maxSockets: IN_FLIGHT })
  const bodies = Array.from({ length: PUSHES }, (_, index) => {
    const change = { ref: 'refs/heads/other', before: '0'.repeat(40), after: '1'.repeat(40) }
    return JSON.stringify({ id: `${turn}-${index}`, changes: [change] })
  })
  const from = performance.now()
  let next = 0
  const work = async () => {
    for (let body = bodies[next++]; body !== undefined; body = bodies[next++]) await push(url, body, agent)
  }
  await Promise.all(Array.from({ length: IN_FLIGHT }, work))
  agent.destroy()
  return PUSHES / ((performance.now() - from) / 1000)
}

function push(url: string, body: string, agent: http.Agent): Promise<void> {
  const signature = createHmac('sha256', SECRET).update(body).digest('hex')
  const headers = { 'x-lockstep-signature': `sha256=${signature}`, 'content-length': Buffer.byteLength(body) }
  return new Promise((resolvePush, reject) => {
    const request = http.request(url, { method: 'POST', agent, headers }, (response) => {
      response.resume()
      const { statusCode = 0 } = response
      if (statusCode >= 300) reject(new Error(`a push was answered with ${statusCode}`))
      response.once('end', () => resolvePush())
    })
    request.once('error', reject)
    request.end(body)
  })
}
