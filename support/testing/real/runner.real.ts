import { execFileSync, spawnSync } from 'node:child_process'
import { generateKeyPairSync, sign } from 'node:crypto'
import { chmodSync, existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { documentOfReport } from '../../bus/build_report'
import { DURABLE, oneByOne } from '../../bus/sealed'
import { openSigningKey, type SigningKey } from '../../bus/signing_key'
import { formatPublicKey, idOfKey } from '../../config/signing_keys'
import type { Frame } from '../../connectors/stomp/frame'
import { openSession, type Session } from '../../connectors/stomp/session'
import type { RecordedPipelineEvent } from '../../pipeline/events'
import { readPipeline } from '../../pipeline/pipeline_journal'
import { PipelineState, type Build } from '../../pipeline/pipeline_state'
import type { RunnerReport } from '../../pipeline/runner_report'
import { systemClock } from '../../system/clock'
import { GitRepository } from '../git_repository'
import { Scratch } from '../scratch'
import { startActivemq, startRabbitmq, type RealBroker } from './brokers'
import { freePort, start, untilReady, type Running } from './processes'
import { LOCKSTEP } from './program'
import { PASSWORD, PSK, USER } from './settings'

const ORDERS = '/queue/lockstep.pipeline.builds.website'
const RESULTS = '/queue/lockstep.pipeline.results'
/** Nobody believes eve. */
type RunnerName = 'ann' | 'ben' | 'eve'
/** The rights that docs/runners.md gives a runner. */
const LIMITED = {
  name: 'builder1',
  configure: '^lockstep\\.pipeline\\.(builds\\.website|results)$',
  write: '^(amq\\.default|lockstep\\.pipeline\\.results)$',
  read: '^lockstep\\.pipeline\\.builds\\.website$',
}

for (const [kind, startBroker] of [
  ['activemq', (scratch: Scratch) => startActivemq(scratch, { isDurable: true })],
  ['rabbitmq', (scratch: Scratch) => startRabbitmq(scratch, { limited: [LIMITED] })],
] as const)
  describe(`runners that take builds off queues of ${kind}`, function () {
    this.timeout(300_000)
    let scratch: Scratch
    let broker: RealBroker
    let website: GitRepository
    let port: number
    let serving: Running | undefined
    let forger: Forger
    const runners = new Map<RunnerName, Running>()

    before(async () => {
      scratch = new Scratch()
      port = await freePort()
      website = new GitRepository(scratch.path)
      broker = await startBroker(scratch)
      forger = new Forger(broker)
      scratch.write('psk', PSK)
      scratch.write('password', PASSWORD)
      configure()
      expect(lockstep('hook', '--install', 'website.git').status).to.equal(0)
      await serve()
    })
    after(async () => {
      for (const each of runners.values()) await each.stop()
      await serving?.stop()
      await broker?.stop()
      scratch.remove()
    })

    const at = (...names: string[]) => join(scratch.path, ...names)
    const keyOf = (name: string): SigningKey => openSigningKey(at(name))
    const brokers = (user = USER) =>
      `[{ host: 127.0.0.1, port: ${broker.port}, user: ${user}, password: { file: password } }]`

    function configure(): void {
      scratch.write(
        'lockstep.yaml',
        `environments:
  test:
    connector: ${kind}
    brokers: ${brokers()}
    virtual_host: ${broker.virtualHost}
    security: { provider: psk, secret: { file: psk } }
pipeline:
  spool: spool
  listen: { port: ${port} }
  bus: { environment: test }
  runners:
    ann: { key: ${keyOf('ann').publicKey} }
    ben: { key: ${keyOf('ben').publicKey} }
  repositories:
    website:
      url: ${website.url}
      branches: [main, "*"]
      trigger: [hook]
      ci: { command: [sh, test.sh], within: 100 seconds, by: runners }
`,
      )
      scratch.write(
        'runner.yaml',
        `runner:
  connector: ${kind}
  brokers: ${brokers(kind === 'rabbitmq' ? LIMITED.name : USER)}
  virtual_host: ${broker.virtualHost}
  serve_key: ${keyOf('.lockstep').publicKey}
  repositories:
    website: { url: ${website.url} }
`,
      )
    }

    const lockstep = (...args: string[]) =>
      spawnSync(process.execPath, [LOCKSTEP, ...args], { cwd: scratch.path, encoding: 'utf8' })
    const events = () => readPipeline(at('.lockstep')).events
    const state = () => PipelineState.of(events())
    const buildOf = (commit: string) => state().commit('website', commit)?.build
    const log = (name: string) =>
      existsSync(at(`${name}.log`)) ? readFileSync(at(`${name}.log`), 'utf8') : ''

    async function serve(): Promise<void> {
      serving = start(
        process.execPath,
        [LOCKSTEP, 'serve', '--config', at('lockstep.yaml'), '--state', at('.lockstep')],
        at('serve.log'),
      )
      const isReady = async () =>
        (await fetch(`http://127.0.0.1:${port}/healthz`).catch(() => undefined))?.status === 200
      await untilReady('lockstep serve', serving, isReady, 120_000)
    }

    function listen(name: RunnerName): void {
      const words = ['ci', '--listen', 'website', '--config', at('runner.yaml'), '--state', at(name)]
      runners.set(name, start(process.execPath, [LOCKSTEP, ...words], at(`${name}.log`)))
    }

    async function end(name: RunnerName, signal?: NodeJS.Signals): Promise<void> {
      await runners.get(name)?.stop(signal)
      runners.delete(name)
    }

    async function until(what: string, isSo: () => boolean): Promise<void> {
      for (let tries = 0; !isSo(); tries += 1) {
        if (tries > 3_000)
          throw new Error(
            `there never was ${what}; serve: ${log('serve').slice(-2_000)}; ann: ${log('ann').slice(-1_000)}; ben: ${log('ben').slice(-1_000)}`,
          )
        await new Promise((done) => setTimeout(done, 30))
      }
    }
    const untilEnded = (commit: string) =>
      until(`the end of ${commit}`, () => ['succeeded', 'failed'].includes(buildOf(commit)?.state ?? ''))
    const untilBuild = (commit: string, what: string, isSo: (build: Build) => boolean) =>
      until(what, () => {
        const build = buildOf(commit)
        return build !== undefined && isSo(build)
      })
    const untilTaken = (commit: string, times = 1) =>
      untilBuild(commit, 'a taker', ({ order }) => (order?.takers.length ?? 0) >= times)
    /** Returns the counted ends of a commit's builds, which say how its tests went. */
    const endsOf = (commit: string) => {
      const begun = new Set(
        events().flatMap((event) =>
          event.type === 'build begun' && event.commit === commit ? [event.build] : [],
        ),
      )
      return events().flatMap((event) =>
        event.type === 'build ended' && begun.has(event.build) && event.result !== 'interrupted'
          ? [event.result]
          : [],
      )
    }
    const linesIn = (name: string) =>
      existsSync(at(name)) ? readFileSync(at(name), 'utf8').split('\n').filter(Boolean) : []
    const takerOf = (commit: string) => buildOf(commit)?.order?.takers.at(-1)?.runner as RunnerName

    it('has a commit wait until there is a runner, and believes what that signs', async () => {
      const green = website.push({ 'test.sh': 'echo well' })
      await untilBuild(green, 'an order', ({ order }) => order?.confirmed !== undefined)
      expect(lockstep('pipeline').stdout).to.match(/main {2}\S+ {2}waits for a runner for \d/)
      listen('ann')
      await untilEnded(green)
      expect(buildOf(green)).to.include({ state: 'succeeded', why: null })
      const red = website.push({ 'test.sh': 'echo ill; exit 3' })
      await untilEnded(red)
      expect(buildOf(red)).to.include({ state: 'failed', why: 'sh exited with 3' })
      const output = at('.lockstep', 'pipeline', 'builds', buildOf(red)?.build ?? '', 'output.log')
      expect(readFileSync(output, 'utf8')).to.match(
        new RegExp(
          `^\\[all of it; it is also on the machine of the runner ann, in ${at('ann')}/.*\\]\nill\n$`,
        ),
      )
      expect(lockstep('pipeline').stdout).to.match(/tests FAILED after .*: sh exited with 3/)
    })

    it('has two runners build two commits at the same time', async () => {
      listen('ben')
      const meet = (own: string, other: string) =>
        `touch ${at(own)}; for i in $(seq 600); do test -e ${at(other)} && exit 0; sleep 0.1; done; exit 1`
      const one = website.push({ 'test.sh': meet('one', 'two') }, 'refs/heads/one')
      const two = website.push({ 'test.sh': meet('two', 'one') }, 'refs/heads/two')
      await Promise.all([untilEnded(one), untilEnded(two)])
      expect([...endsOf(one), ...endsOf(two)]).to.deep.equal(['succeeded', 'succeeded'])
      expect(takerOf(one)).not.to.equal(takerOf(two))
    })

    it('has the other runner finish what one has begun that is killed with -9', async () => {
      const pids = at('pids')
      const commit = website.push({
        'test.sh': `echo $$ >> ${pids}; test $(wc -l < ${pids}) -gt 1 || exec sleep 600`,
      })
      await untilTaken(commit)
      const first = takerOf(commit)
      await until('its command', () => linesIn('pids').length === 1)
      await end(first, 'SIGKILL')
      await untilEnded(commit)
      expect(endsOf(commit)).to.deep.equal(['succeeded'])
      expect(buildOf(commit)?.order?.takers.map(({ runner }) => runner)).to.deep.equal(
        first === 'ann' ? ['ann', 'ben'] : ['ben', 'ann'],
      )
      // What the killed one has left is ended when it starts again.
      listen(first)
      const [pid] = linesIn('pids')
      await until('the end of what was left', () => !existsSync(`/proc/${pid}`))
    })

    it('counts one result where the broker was killed in mid-build, and its queues survive', async () => {
      const ran = at('ran')
      const commit = website.push({
        'test.sh': `echo run >> ${ran}; while test ! -e ${at('go')}; do sleep 0.1; done`,
      })
      await untilTaken(commit)
      await broker.kill()
      website.push({ 'test.sh': 'exit 1' }, 'refs/heads/meanwhile')
      const meanwhile = website.git('rev-parse', 'HEAD')
      scratch.write('go', '')
      await until('its end on the runner', () => /"result":"succeeded"/.test(log(takerOf(commit))))
      await broker.restart()
      await untilEnded(commit)
      await untilEnded(meanwhile)
      expect(endsOf(commit)).to.deep.equal(['succeeded'])
      expect(endsOf(meanwhile)).to.deep.equal(['failed'])
      expect(linesIn('ran').length).to.be.within(1, 2)
    })

    it('loses no push, and counts no result twice, where lockstep serve is killed between any two events', async () => {
      // What comes before an order is the same with every broker.
      const early = kind === 'activemq' ? (['push taken', 'commit seen'] as const) : []
      const points: RecordedPipelineEvent['type'][] = [
        ...early,
        'build begun',
        'build ordered',
        'build taken',
      ]
      for (const [index, point] of points.entries()) {
        const before = events().filter(({ type }) => type === point).length
        const commit = website.push({ 'test.sh': `sleep 0.5; exit ${index % 2} # ${point}` })
        await until(point, () => events().filter(({ type }) => type === point).length > before)
        await serving?.stop('SIGKILL')
        await serve()
        await untilEnded(commit)
        expect(endsOf(commit), point).to.deep.equal([index % 2 === 0 ? 'succeeded' : 'failed'])
      }
      const { faults } = readPipeline(at('.lockstep'))
      expect(faults).to.deep.equal([])
    })

    it('believes no report that no known runner has signed, or that is of something else', async () => {
      await end('ann')
      await end('ben')
      const commit = website.push({ 'test.sh': 'echo the true result; exit 7' })
      await untilBuild(commit, 'an order', ({ order }) => order?.confirmed !== undefined)
      const build = buildOf(commit)?.build ?? ''
      const ended = events().find((event) => event.type === 'build ended')
      const old = ended?.type === 'build ended' ? ended.build : ''
      const report: RunnerReport = {
        event: 'ended',
        build,
        repository: 'website',
        commit,
        result: 'succeeded',
        why: null,
        isGone: false,
        seconds: 1,
        output: { end: Buffer.from('forged'), bytes: 6, path: '/forged' },
      }
      const bytes = (of: RunnerReport) => Buffer.from(JSON.stringify(documentOfReport(of, 0)))
      const [ann, stranger] = [keyOf('ann'), strangersKey()]
      const good = bytes(report)
      await forger.open()
      const forged: [headers: Record<string, string>, body: Buffer][] = [
        [{}, good],
        [signedBy(stranger, good), good],
        [{ ...signedBy(stranger, good), lockstep_key: ann.id }, good],
        [signedBy(ann, good), Buffer.concat([good, Buffer.from(' ')])],
        [{ lockstep_key: ann.id, lockstep_signature: '' }, good],
        [{ lockstep_key: '__proto__', lockstep_signature: 'x' }, good],
        [signedBy(keyOf('.lockstep'), good), good],
        ...[
          bytes({ ...report, commit: 'f'.repeat(40) }),
          bytes({ ...report, repository: 'other' }),
          bytes({ ...report, build: old }),
          bytes({ ...report, build: 'never-ordered' }),
          Buffer.from(good.toString().replace('build-report/1', 'build-report/2')),
          Buffer.from('{'),
          Buffer.from('null'),
          Buffer.alloc(0),
        ].map((body): [Record<string, string>, Buffer] => [signedBy(ann, body), body]),
        [signedBy(ann, Buffer.alloc(300_000)), Buffer.alloc(300_000)],
        [{}, Buffer.alloc(17 * 1024 * 1024)],
      ]
      const before = events().length
      for (const [headers, body] of forged) await forger.send(RESULTS, headers, body)
      listen('ben')
      await untilEnded(commit)
      expect(buildOf(commit)).to.include({ state: 'failed', why: 'sh exited with 7' })
      expect(
        events()
          .slice(before)
          .map(({ type }) => type)
          // The end that a stranger tells of costs an order more, and says nothing.
          .filter((type) => type !== 'order lost' && type !== 'build ordered'),
      ).to.deep.equal(['build taken', 'build ended'])
      expect(log('serve')).to.contain(`a message on ${RESULTS} is not signed; it was dropped`)
      expect(log('serve').split('reports dropped').length).to.be.lessThan(6)
    })

    it('gives an order to others that a runner has ended which is not named', async () => {
      await end('ann')
      await end('ben')
      listen('eve')
      const commit = website.push({ 'test.sh': 'echo for a runner that is named; exit 7' })
      await until('its end on eve', () => /"result":"failed"/.test(log('eve')))
      await untilBuild(commit, 'a loss', ({ build }) =>
        events().some((event) => event.type === 'order lost' && event.build === build),
      )
      await end('eve')
      expect(buildOf(commit)?.state).to.equal('running')
      listen('ben')
      await untilEnded(commit)
      expect(endsOf(commit)).to.deep.equal(['failed'])
      expect(takerOf(commit)).to.equal('ben')
      expect(log('serve')).to.match(
        /is signed with the key .*, which is not believed; its order is published/,
      )
    })

    it('publishes an order again that a runner has dropped which has another key of lockstep serve', async () => {
      await end('ann')
      await end('ben')
      const text = readFileSync(at('runner.yaml'), 'utf8')
      scratch.write('runner.yaml', text.replace(/serve_key: .*/, `serve_key: ${keyOf('eve').publicKey}`))
      listen('ann')
      const commit = website.push({ 'test.sh': 'echo for a runner with the right key; exit 7' })
      await untilBuild(commit, 'a loss', ({ build }) =>
        events().some((event) => event.type === 'order lost' && event.build === build),
      )
      await end('ann')
      scratch.write('runner.yaml', text)
      listen('ben')
      await untilEnded(commit)
      expect(endsOf(commit)).to.deep.equal(['failed'])
      expect(log('serve')).to.match(/says that the runner ann has dropped its order: see runner.serve_key/)
    })

    it('carries out no order that lockstep serve has not signed, and counts a replayed one once', async () => {
      await end('ben')
      const ran = at('replayed')
      const commit = website.push({ 'test.sh': `echo run >> ${ran}` })
      await untilBuild(commit, 'an order', ({ order }) => order?.confirmed !== undefined)
      const order = await forger.copyOf(ORDERS)
      const body = Buffer.from(order.body)
      const signed = {
        lockstep_key: order.headers['lockstep_key'] ?? '',
        lockstep_signature: order.headers['lockstep_signature'] ?? '',
      }
      const evil = (change: object) =>
        Buffer.from(JSON.stringify({ ...(JSON.parse(body.toString()) as object), ...change }))
      const touch = evil({ build: 'evil', command: ['touch', at('evil')] })
      await forger.open()
      for (const [headers, bytes] of [
        [{}, touch],
        [signed, touch],
        [signedBy(strangersKey(), touch), touch],
        [signedBy(keyOf('ann'), touch), touch],
        [{}, Buffer.alloc(17 * 1024 * 1024)],
        ...[
          evil({ schema: 'lockstep/build-order/2' }),
          evil({ repository: 'other' }),
          evil({ build: '../../evil' }),
          evil({ commit: '--upload-pack=evil' }),
          evil({ ref: 'refs/heads/--evil\n' }),
          evil({ command: [] }),
        ].map((each) => [signedBy(keyOf('.lockstep'), each), each] as const),
      ] as const)
        await forger.send(ORDERS, headers, bytes)
      listen('ann')
      await untilEnded(commit)
      for (let times = 0; times < 3; times += 1) await forger.send(ORDERS, signed, body)
      // A queue keeps its order: what comes behind them is built after they were looked at.
      await untilEnded(website.push({ 'test.sh': 'exit 0 # after them all' }))
      expect(endsOf(commit)).to.deep.equal(['succeeded'])
      expect(linesIn('replayed'), 'the runner knows again what it has ended').to.deep.equal(['run'])
      expect(existsSync(at('evil'))).to.equal(false)
      expect(log('ann')).to.match(/on the queue of website .*; it was dropped/)
      await forger.close()
    })

    it('does not build what another address of a repository is named for, and says so', async () => {
      const text = readFileSync(at('runner.yaml'), 'utf8')
      await end('ann')
      scratch.write('runner.yaml', text.replace(website.url, '/srv/git/elsewhere.git'))
      listen('ann')
      const commit = website.push({ 'test.sh': 'exit 0 # from elsewhere' })
      await until('a reason', () =>
        log('serve').includes(`this runner fetches website from /srv/git/elsewhere.git, and the order names`),
      )
      expect(buildOf(commit)?.state).to.be.oneOf(['interrupted', 'running'])
      await end('ann')
      scratch.write('runner.yaml', text)
      listen('ben')
      await untilEnded(commit)
      expect(endsOf(commit)).to.deep.equal(['succeeded'])
    })

    if (kind === 'activemq')
      it('runs builds as a user that reaches neither its key nor its password, or does not start', async function () {
        if (process.getuid?.() !== 0) this.skip()
        await end('ben')
        const user = `lsrunner${process.pid}`
        const text = readFileSync(at('runner.yaml'), 'utf8')
        chmodSync(scratch.path, 0o755)
        execFileSync('useradd', ['--system', '--create-home', '--shell', '/usr/sbin/nologin', user])
        try {
          scratch.write(
            'runner.yaml',
            text.replace('  repositories:', `  user: ${user}\n  repositories:`),
            0o644,
          )
          const words = ['ci', '--listen', 'website', '--config', at('runner.yaml'), '--state', at('ann')]
          const { stdout: unit } = lockstep(...words, '--unit')
          expect(unit).to.contain(`ReadWritePaths=-${at('ann')}\nReadWritePaths=-/home/${user}\n`)
          expect(unit).to.contain('AmbientCapabilities=CAP_SETUID CAP_SETGID CAP_KILL\n')
          chmodSync(at('ann'), 0o755)
          expect(lockstep(...words)).to.deep.include({
            status: 2,
            stderr: `ci.user: the user ${user} can read ${at('ann')}; say: chmod o-rwx ${at('ann')}, and let it not be of ${user} or its groups\n`,
          })
          chmodSync(at('ann'), 0o700)
          listen('ann')
          const tries = [
            `cat ${at('ann', 'pipeline', 'bus', 'signing.key')} && echo BROKEN key`,
            `ls ${at('ann', 'pipeline', 'reports')} && echo BROKEN reports`,
            `cat ${at('password')} && echo BROKEN password`,
            `cat /proc/${runners.get('ann')?.child.pid}/environ && echo BROKEN environment`,
            `kill -9 ${runners.get('ann')?.child.pid} && echo BROKEN kill`,
            'id -un',
          ]
          const commit = website.push({ 'test.sh': tries.join('\n') })
          await untilEnded(commit)
          const output = at('.lockstep', 'pipeline', 'builds', buildOf(commit)?.build ?? '', 'output.log')
          expect(readFileSync(output, 'utf8')).to.contain(`\n${user}\n`).and.not.contain('BROKEN')
          expect(buildOf(commit)?.state).to.equal('succeeded')
          await end('ann')
        } finally {
          scratch.write('runner.yaml', text)
          spawnSync('userdel', ['--remove', user])
        }
      })

    it('shows no password, and ends at a word', async () => {
      await end('ben')
      for (const name of ['serve', 'ann', 'ben']) expect(log(name)).not.to.contain(PASSWORD)
    })
  })

function signedBy(key: Pick<SigningKey, 'id' | 'sign'>, body: Buffer): Record<string, string> {
  return { lockstep_key: key.id, lockstep_signature: key.sign(body) }
}

function strangersKey(): SigningKey {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  return {
    id: idOfKey(publicKey),
    publicKey: formatPublicKey(publicKey),
    sign: (bytes) => sign(null, bytes, privateKey).toString('base64'),
  }
}

/** Somebody with credentials of the broker. */
class Forger {
  private session: Session | undefined

  constructor(private readonly broker: RealBroker) {}

  async open(): Promise<void> {
    this.session ??= await this.connect(() => {})
  }

  async send(destination: string, headers: Record<string, string>, body: Buffer): Promise<void> {
    await this.session?.publish({ destination, ...DURABLE, persistent: 'true', ...headers }, body)
  }

  /** Returns a copy of the first message of a queue, which stays there. */
  async copyOf(destination: string): Promise<Frame> {
    let hear = (_frame: Frame) => {}
    const heard = new Promise<Frame>((resolve) => (hear = resolve))
    const session = await this.connect((frame) => hear(frame))
    await session.subscribe(oneByOne(destination))
    const frame = await heard
    await session.close()
    return frame
  }

  async close(): Promise<void> {
    await this.session?.close()
  }

  private connect(onMessage: (frame: Frame) => void): Promise<Session> {
    const { address: host, port, virtualHost } = this.broker
    return openSession(
      {
        broker: { host, port, user: USER, password: PASSWORD },
        virtualHost,
        connectWithin: 20_000,
        heartBeat: 0,
        clock: systemClock,
        onMessage,
      },
      new AbortController().signal,
    )
  }
}
