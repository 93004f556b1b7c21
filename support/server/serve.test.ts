import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import net, { type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { once } from 'node:events'
import { expect } from 'chai'
import type { PipelineSettings } from '../config/pipeline_setting'
import { systemClock } from '../system/clock'
import { LockstepError } from '../system/errors'
import { redactNothing } from '../system/redaction'
import { failure } from '../testing/failure'
import { Scratch } from '../testing/scratch'
import { HookTriggers } from './hook_triggers'
import type { Part } from './part'
import { serve } from './serve'

describe('lockstep serve', () => {
  let scratch: Scratch
  let end: AbortController
  beforeEach(() => {
    scratch = new Scratch()
    end = new AbortController()
  })
  afterEach(() => scratch.remove())

  const settings = (port = 0): PipelineSettings => ({
    spool: join(scratch.path, 'spool'),
    listen: { host: '127.0.0.1', port },
    bus: undefined,
    runners: new Map(),
    repositories: [],
    warnings: [],
    secretFiles: [],
  })

  function served({ port = 0, parts = [] as Part[], onReady = (_port: number) => {}, standby = false } = {}) {
    const told: string[] = []
    const tell = (first: unknown, second?: unknown) => void told.push(String(second ?? first))
    const log = { info: tell, warn: tell, error: tell }
    const done = serve({
      settings: settings(port),
      triggers: new HookTriggers([]),
      state: scratch.path,
      env: {},
      clock: systemClock,
      log,
      redact: redactNothing,
      parts,
      ...(standby ? { standby: { random: () => 0 } } : {}),
      signal: end.signal,
      onReady,
    })
    return { told, done }
  }
  const claims = () => readdirSync(join(scratch.path, 'pipeline', 'lock'))

  it('ends its parts and releases its claim when it is told to end', async () => {
    const seen: string[] = []
    const part: Part = {
      name: 'a part',
      async run({ signal }) {
        seen.push('runs')
        await once(signal, 'abort')
        seen.push('ended')
      },
    }
    const { told, done } = served({ parts: [part], onReady: () => end.abort() })
    await done
    expect(seen).to.deep.equal(['runs', 'ended'])
    expect(told).to.deep.equal(['serving', 'ending'])
    expect(claims()).to.deep.equal([])
  })

  it('ends with the failure of a part: its service manager starts it anew', async () => {
    const parts = [
      { name: 'a part', run: () => Promise.reject(new LockstepError('journal-failed', 'the disk is full')) },
    ]
    expect((await failure(served({ parts }).done)).message).to.equal('the disk is full')
    expect(claims()).to.deep.equal([])
  })

  it('is one alone on a state folder, and takes over from one that is gone', async () => {
    let ready = () => {}
    const isReady = new Promise<void>((resolve) => (ready = resolve))
    const { done } = served({ onReady: () => ready() })
    await isReady
    const { code, message } = await failure(served().done)
    expect(code).to.equal('locked')
    expect(message).to.match(/^lockstep serve already runs on .*: pid \d+ of .* since .*; end it first/)
    end.abort()
    await done
    end = new AbortController()
    const gone = { run: 'serve-gone', feature: 'lockstep serve', fleet: '', hosts: ['lockstep serve'] }
    const owner = {
      user: 'u',
      machine: 'another',
      pid: 1,
      start: 'x',
      since: 'x',
      until: 0,
      trying: false,
      takes: [],
    }
    mkdirSync(join(scratch.path, 'pipeline', 'lock'), { recursive: true })
    writeFileSync(
      join(scratch.path, 'pipeline', 'lock', 'serve-gone.claim.json'),
      JSON.stringify({ ...gone, ...owner }),
    )
    await served({ onReady: () => end.abort() }).done
    expect(claims()).to.deep.equal([])
  })

  it('waits as a standby, takes nothing meanwhile, and takes over once the other one has ended', async () => {
    let open = (_port: number) => {}
    const opened = () => new Promise<number>((resolve) => (open = resolve))
    const first = opened()
    const active = served({ standby: true, onReady: (port) => open(port) })
    await first
    const endOfFirst = end
    end = new AbortController()
    const second = opened()
    const waiting = served({ standby: true, onReady: (port) => open(port) })
    const port = await second
    const ask = async (path: string) => (await fetch(`http://127.0.0.1:${port}${path}`)).status
    expect([await ask('/healthz'), await ask('/deliveries/x')]).to.deep.equal([503, 503])
    const hook = await fetch(`http://127.0.0.1:${port}/hooks/website/github`, { method: 'POST', body: '{}' })
    expect(hook.status).to.equal(503)
    expect(await hook.text()).to.match(/nothing is taken or shown here/)
    expect(waiting.told).to.have.length(1)
    expect(waiting.told[0]).to.match(/^waiting: lockstep serve already runs on .*: pid \d+/)
    endOfFirst.abort()
    await active.done
    while ((await ask('/healthz')) !== 200) await new Promise((resolve) => setTimeout(resolve, 20))
    expect(await ask('/deliveries/x')).to.equal(404)
    end.abort()
    await waiting.done
    expect(waiting.told.slice(1)).to.deep.equal(['serving', 'ending'])
    expect(claims()).to.deep.equal([])
  })

  it('answers a balancer that names no host, as HTTP/1.0 has it', async () => {
    let open = (_port: number) => {}
    const opened = new Promise<number>((resolve) => (open = resolve))
    const { done } = served({ onReady: (port) => open(port) })
    const asking = net.connect(await opened, '127.0.0.1')
    asking.end('GET /healthz HTTP/1.0\r\n\r\n')
    const [answer] = (await once(asking, 'data')) as [Buffer]
    expect(answer.toString()).to.match(/^HTTP\/1\.1 200 /)
    end.abort()
    await done
  })

  it('ends as a standby when it is told to, before its turn has come', async () => {
    let open = () => {}
    const isOpen = new Promise<void>((resolve) => (open = resolve))
    const { done } = served({ onReady: () => open() })
    await isOpen
    const endOfFirst = end
    end = new AbortController()
    const waiting = served({ standby: true, onReady: () => end.abort() })
    await waiting.done
    expect(waiting.told).not.to.include('serving')
    endOfFirst.abort()
    await done
  })

  it('waits as a standby while a claim tells not whose it is, and is refused without', async () => {
    mkdirSync(join(scratch.path, 'pipeline', 'lock'), { recursive: true })
    const half = join(scratch.path, 'pipeline', 'lock', 'serve-half.claim.json')
    writeFileSync(half, '{"run": "serve-ha')
    const { code, message } = await failure(served().done)
    expect(code).to.equal('lock-failed')
    expect(message).to.match(
      /^the claim .*serve-half\.claim\.json cannot be read: .*; if no lockstep serve runs on this state folder, on any machine, remove it$/,
    )
    const waiting = served({ standby: true })
    while (waiting.told.length === 0) await new Promise((resolve) => setTimeout(resolve, 5))
    expect(waiting.told).to.deep.equal([`waiting: ${message}`])
    rmSync(half)
    while (!waiting.told.includes('serving')) await new Promise((resolve) => setTimeout(resolve, 20))
    end.abort()
    await waiting.done
    expect(claims()).to.deep.equal([])
  })

  it('writes nothing once its claim is not there any more', async () => {
    const part: Part = {
      name: 'a part',
      async run({ pipeline }) {
        const [name = ''] = claims()
        rmSync(join(scratch.path, 'pipeline', 'lock', name))
        await pipeline.append({ type: 'build begun', build: 'b', repository: 'website', commit: 'c' })
      },
    }
    const { code, message } = await failure(served({ parts: [part] }).done)
    expect(code).to.equal('lock-failed')
    expect(message).to.match(/^the claim of this lockstep serve on .* is lost, so that another one may write/)
    expect(message)
      .to.contain('another one may have taken over')
      .and.not.match(/rollout|LOCKSTEP_LOCKS/)
    expect(readdirSync(join(scratch.path, 'pipeline', 'journals'))).to.deep.equal([])
  })

  it('says in one sentence that its port is taken, and leaves no claim', async () => {
    const other = net.createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    const { port } = other.address() as AddressInfo
    const { code, message } = await failure(served({ port }).done)
    expect(code).to.equal('bad-config')
    expect(message).to.equal(
      `127.0.0.1 port ${port} is taken by another process; end it, or name another one in lockstep.yaml, as in pipeline: { listen: { port: 8091 } }`,
    )
    expect(claims()).to.deep.equal([])
    other.close()
  })
})
