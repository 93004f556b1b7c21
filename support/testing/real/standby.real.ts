import { createHmac } from 'node:crypto'
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { readPipeline } from '../../pipeline/pipeline_journal'
import { Scratch } from '../scratch'
import { startHaproxy, type RealHaproxy } from './haproxy'
import { freePort, start, untilReady, type Running } from './processes'
import { LOCKSTEP } from './program'
import { PushingPerson } from './pushing_person'

const SECRET = 'a secret of hooks'
const PUSHES = 20
/** The pushes after which the process that serves is killed with -9. */
const KILLED_AFTER = [5, 11, 16]

describe('two lockstep serve behind HAProxy', () => {
  let scratch: Scratch
  let haproxy: RealHaproxy | undefined
  let person: PushingPerson
  const ports: number[] = []
  const processes: (Running | undefined)[] = []
  before(async () => {
    scratch = new Scratch()
    execFileSync('git', ['init', '--quiet', '--bare', at('website.git')])
    person = new PushingPerson(scratch.path, at('website.git'))
    scratch.write('key', SECRET)
    for (const name of ['a', 'b']) {
      const port = await freePort()
      ports.push(port)
      scratch.write(
        `${name}/lockstep.yaml`,
        `pipeline:
  listen: { port: ${port} }
  spool: ${at('spool')}
  repositories:
    website:
      url: ${at('website.git')}
      branches: [main]
      trigger: [{ hmac: { secret: { file: ${at('key')} } } }]
      ci: { command: [sh, -c, 'sleep 0.2; echo $PIPELINE_COMMIT'] }
`,
      )
    }
  })
  after(async () => {
    await haproxy?.stop()
    for (const one of processes) await one?.stop()
    scratch.remove()
  })

  const at = (name: string) => join(scratch.path, name)
  const logOf = (index: number) => at(`${'ab'[index]}/serve.log`)
  const health = async (port: number) =>
    fetch(`http://127.0.0.1:${port}/healthz`).then(
      ({ status }) => status,
      () => 0,
    )

  async function serve(index: number): Promise<void> {
    const config = at(`${'ab'[index]}/lockstep.yaml`)
    const args = [LOCKSTEP, 'serve', '--standby', '--config', config, '--state', at('state')]
    const running = start(process.execPath, args, logOf(index))
    processes[index] = running
    await untilReady('lockstep serve', running, async () => (await health(ports[index] ?? 0)) > 0, 120_000)
  }

  async function active(): Promise<number> {
    for (;;) {
      const [a, b] = await Promise.all(ports.map(health))
      expect([a, b], 'both take pushes at once').not.to.deep.equal([200, 200])
      if (a === 200) return 0
      if (b === 200) return 1
      await new Promise((wait) => setTimeout(wait, 50))
    }
  }

  /** Tells of a push through the balancer until it is taken, as a sender does that keeps what was not taken. */
  async function tell(id: string, before: string, after: string): Promise<void> {
    const body = JSON.stringify({ id, changes: [{ ref: 'refs/heads/main', before, after }] })
    const signature = createHmac('sha256', SECRET).update(body).digest('hex')
    for (;;) {
      const status = await fetch(`http://127.0.0.1:${haproxy?.port}/hooks/website/hmac`, {
        method: 'POST',
        body,
        headers: { 'x-lockstep-signature': `sha256=${signature}` },
      }).then(
        (response) => response.status,
        () => 0,
      )
      if (status === 202) return
      // 502 and 0 tell of a connection that was cut: nobody knows whether the push was taken.
      expect(status).to.be.oneOf([0, 502, 503])
      await new Promise((wait) => setTimeout(wait, 100))
    }
  }

  it('take each push once and judge each commit once, though the one that serves is killed again and again', async () => {
    await serve(0)
    await serve(1)
    const first = await active()
    const servers = ports.map((port, index) => ({ name: `serve${index}`, port }))
    haproxy = await startHaproxy(scratch, { backend: 'lockstep', check: '/healthz', servers })
    const commits: string[] = []
    let before = '0'.repeat(40)
    for (let each = 1; each <= PUSHES; each += 1) {
      const commit = person.commit({ file: String(each) })
      expect(person.push(['main']).isTaken).to.equal(true)
      const told = tell(String(each), before, commit)
      if (KILLED_AFTER.includes(each)) {
        const index = await active()
        await processes[index]?.stop('SIGKILL')
        // The other takes over first, once; later, the one that is started again may be as fast.
        if (each === KILLED_AFTER[0]) expect(await active()).to.equal(1 - index)
        await serve(index)
      }
      await told
      commits.push(commit)
      before = commit
    }
    const succeeded = () => {
      const { events, faults } = readPipeline(at('state'))
      const builds = new Map(
        events.flatMap((event) => (event.type === 'build begun' ? [[event.build, event.commit]] : [])),
      )
      const passed = events.flatMap((event) =>
        event.type === 'build ended' && event.result === 'succeeded' ? [builds.get(event.build)] : [],
      )
      return { events, faults, passed }
    }
    while (succeeded().passed.length < PUSHES) {
      await active()
      await new Promise((wait) => setTimeout(wait, 200))
    }
    const { events, faults, passed } = succeeded()
    expect(faults).to.deep.equal([])
    expect(passed).to.have.length(commits.length).and.to.have.members(commits)
    const deliveries = events.flatMap((event) => (event.type === 'push taken' ? [event.delivery] : []))
    expect(new Set(deliveries).size).to.equal(deliveries.length).and.to.equal(PUSHES)
    const logs = [0, 1].map((index) => (existsSync(logOf(index)) ? readFileSync(logOf(index), 'utf8') : ''))
    for (const log of logs) {
      expect(log).to.match(/waiting: lockstep serve already runs on .*: pid \d+/)
      expect(log).to.match(/"msg":"serving"/)
    }
    expect(first).to.be.oneOf([0, 1])
  })

  it('say when they are started that the machine has no such user for builds, and not when they take over', () => {
    const served = readFileSync(at('a/lockstep.yaml'), 'utf8')
    const config = scratch.write(
      'c/lockstep.yaml',
      served.replace('ci: {', 'ci: { user: lockstep-no-such-user,'),
    )
    const args = [LOCKSTEP, 'serve', '--standby', '--config', config, '--state', at('state')]
    const { status, stdout, stderr } = spawnSync(process.execPath, args, {
      encoding: 'utf8',
      timeout: 60_000,
    })
    expect(stderr).to.match(/^ci\.user: this machine has no user lockstep-no-such-user; say: useradd/)
    expect([status, stdout]).to.deep.equal([2, ''])
  })
})
