import { execFileSync, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import net from 'node:net'
import { join } from 'node:path'
import { expect } from 'chai'
import * as v from 'valibot'
import { busMessage, type BusMessage } from '../../bus/message_form'
import { encodeFrame, FrameParser, headers } from '../../connectors/stomp/frame'
import { readPipeline } from '../../pipeline/pipeline_journal'
import { GitRepository } from '../git_repository'
import { Scratch } from '../scratch'
import { startActivemq, startRabbitmq, type RealBroker } from './brokers'
import { freePort, start, untilReady, type Running } from './processes'
import { LOCKSTEP } from './program'
import { PASSWORD, PSK, USER } from './settings'

interface Heard {
  topic: string
  body: Buffer
  headers: Readonly<Record<string, string | undefined>>
}

for (const [kind, startBroker] of [
  ['activemq', (scratch: Scratch) => startActivemq(scratch, { isDurable: true })],
  ['rabbitmq', startRabbitmq],
] as const)
  describe(`the bus over ${kind}`, function () {
    this.timeout(300_000)
    let scratch: Scratch
    let broker: RealBroker
    let reader: Reader
    let website: GitRepository
    let port: number
    let serving: Running | undefined

    before(async () => {
      scratch = new Scratch()
      port = await freePort()
      website = new GitRepository(scratch.path)
      broker = await startBroker(scratch)
      scratch.write('psk', PSK)
      scratch.write('password', PASSWORD)
      configure('{ environment: test }')
      reader = new Reader(broker)
      await reader.open()
      expect(lockstep('hook', '--install', 'website.git').status).to.equal(0)
    })
    after(async () => {
      await serving?.stop()
      await reader?.close()
      await broker?.stop()
      scratch.remove()
    })

    const configure = (bus: string) =>
      scratch.write(
        'lockstep.yaml',
        `environments:
  test:
    connector: ${kind}
    brokers: [{ host: 127.0.0.1, port: ${broker.port}, user: ${USER}, password: { file: password } }]
    virtual_host: ${broker.virtualHost}
    security: { provider: psk, secret: { file: psk } }
    heart_beat: 1s
pipeline:
  spool: spool
  listen: { port: ${port} }
  bus: ${bus}
  repositories:
    website:
      url: ${website.url}
      branches: [main, "*"]
      trigger: [hook]
      ci: { command: [sh, test.sh] }
`,
      )
    const at = (name: string) => join(scratch.path, name)
    const lockstep = (...args: string[]) =>
      spawnSync(process.execPath, [LOCKSTEP, ...args], { cwd: scratch.path, encoding: 'utf8' })
    const events = () => readPipeline(at('.lockstep')).events
    const serve = async () => {
      const args = [LOCKSTEP, 'serve', '--config', at('lockstep.yaml'), '--state', at('.lockstep')]
      serving = start(process.execPath, args, at('serve.log'))
      const isReady = async () =>
        (await fetch(`http://127.0.0.1:${port}/healthz`).catch(() => undefined))?.status === 200
      await untilReady('lockstep serve', serving, isReady, 120_000)
    }
    /** Resolves once so many builds ended in the journal. */
    const untilBuilt = async (count: number) => {
      const ended = () =>
        events().filter((event) => event.type === 'build ended' && event.result !== 'interrupted').length
      await until(`${count} builds`, () => ended() >= count)
    }
    /** Expects each event of the journal on the bus, in its order, once repeats are dropped, and nothing else. */
    const expectAll = async () => {
      const messages = () => firstOfEach(reader.of(reader.messages))
      const sentences = () => firstOfEach(reader.of(reader.sentences))
      await until('all messages', () => messages().length >= events().length)
      await until('all sentences', () => sentences().length >= events().length)
      const told = messages().map(({ body }) => v.parse(busMessage, JSON.parse(body.toString())))
      expect(told.map((message) => [message.at, message.event])).to.deep.equal(
        events().map((event) => [event.at, event.type]),
      )
      expect(sentences().map(({ headers }) => headers['lockstep_id'])).to.deep.equal(told.map(({ id }) => id))
      return told
    }

    it('tells of a push, a green build and a red one, each with a sentence, from the first event on', async () => {
      const keyBefore = lockstep('pipeline', '--public-key')
      expect(keyBefore).to.include({ status: 1, stdout: '' })
      expect(keyBefore.stderr).to.match(
        /^There is no key below .*: lockstep serve makes one when it first runs/,
      )
      await serve()
      const green = website.push({ 'test.sh': 'exit 0' })
      await untilBuilt(1)
      const red = website.push({ 'test.sh': 'echo ill; exit 3' })
      await untilBuilt(2)
      const told = await expectAll()
      const facts = ({ event, ref, commit, result, why }: BusMessage) => [event, ref, commit, result, why]
      const main = 'refs/heads/main'
      expect(told.map(facts)).to.deep.equal([
        ['push taken', main, null, null, null],
        ['commit seen', main, green, null, null],
        ['build begun', main, green, null, null],
        ['build ended', main, green, 'succeeded', null],
        ['push taken', main, null, null, null],
        ['commit seen', main, red, null, null],
        ['build begun', main, red, null, null],
        ['build ended', main, red, 'failed', 'sh exited with 3'],
      ])
      expect(reader.of(reader.messages), 'without trouble, nothing is sent twice').to.have.length(8)
      const said = reader.of(reader.sentences).map(({ body }) => body.toString())
      expect(said[1]).to.equal(`website: the repository shows ${green.slice(0, 12)} on the branch main`)
      expect(said[7]).to.match(
        new RegExp(
          `^website: the tests of ${red.slice(0, 12)} on the branch main FAILED after .* s: sh exited with 3$`,
        ),
      )
    })

    it('has a name of a branch as JSON, and as one line for people', async () => {
      website.push({ 'test.sh': 'exit 0' }, 'refs/heads/$(reboot)"\u202e')
      await untilBuilt(3)
      const told = await expectAll()
      expect(told.at(-1)?.ref).to.equal('refs/heads/$(reboot)"\u202e')
      expect(reader.of(reader.sentences).at(-1)?.body.toString()).to.contain(
        'the branch $(reboot)" passed in',
      )
    })

    it('goes on in order when its broker was killed, with what happened meanwhile, and delays nothing', async () => {
      await reader.close()
      await broker.kill()
      website.push({ 'test.sh': 'exit 0 # without a broker' })
      await untilBuilt(4)
      website.push({ 'test.sh': 'exit 1 # without a broker' })
      await untilBuilt(5)
      await broker.restart()
      await reader.open()
      await expectAll()
    })

    it('goes on in order when lockstep serve was killed with -9 between events', async () => {
      for (const [index, isAway] of [false, true, false].entries()) {
        if (isAway) {
          await reader.close()
          await broker.kill()
        }
        const before = events().length
        website.push({ 'test.sh': `exit 0 # kill ${index}` })
        await until('the next event', () => events().length > before + index)
        await serving?.stop('SIGKILL')
        await serve()
        await untilBuilt(6 + index)
        if (isAway) {
          await broker.restart()
          await reader.open()
        }
      }
      await expectAll()
    })

    for (const victim of ['the broker', 'lockstep serve'] as const)
      it(`goes on in order when ${victim} is killed with -9 in the middle of many events`, async () => {
        const before = reader.of(reader.messages).length
        const kind = victim === 'the broker' ? 'broker' : 'serve'
        const refs = Array.from({ length: 100 }, (_, each) => `HEAD:refs/heads/${kind}/${each}`)
        website.git('push', '--quiet', website.url, ...refs)
        await until('some messages', () => reader.of(reader.messages).length > before + 20)
        if (victim === 'the broker') {
          await broker.kill()
          await reader.close()
          await broker.restart()
          await reader.open()
        } else {
          await serving?.stop('SIGKILL')
          await serve()
        }
        await until(
          'all refs',
          () =>
            events().filter((event) => event.type === 'commit seen' && event.ref.includes(`/${kind}/`))
              .length === 100,
        )
        await expectAll()
      })

    it('is signed so that openssl verifies each message and sentence, and refuses a changed one', () => {
      const { stdout, status } = lockstep('pipeline', '--public-key')
      expect(status).to.equal(0)
      const key = scratch.write('bus.pem', stdout)
      const der = execFileSync('openssl', ['pkey', '-pubin', '-in', key, '-outform', 'DER'])
      const digest = execFileSync('openssl', ['dgst', '-sha256', '-r'], { input: der, encoding: 'utf8' })
      const verify = (body: Buffer, signature: string | undefined) => {
        const [inFile, sigFile] = [
          scratch.write('body', body),
          scratch.write('signature', Buffer.from(signature ?? '', 'base64')),
        ]
        const files = ['-inkey', key, '-in', inFile, '-sigfile', sigFile]
        return spawnSync('openssl', ['pkeyutl', '-verify', '-pubin', '-rawin', ...files]).status
      }
      expect(reader.heard.length).to.be.greaterThan(40)
      const many = reader.heard.filter((_, index) => index < 60 || index % 20 === 0)
      for (const { body, headers } of many) {
        expect(headers['lockstep_key']).to.equal(digest.slice(0, 16))
        expect(verify(body, headers['lockstep_signature'])).to.equal(0)
      }
      const [first] = reader.heard
      expect(
        verify(
          Buffer.concat([first?.body ?? Buffer.of(), Buffer.from(' ')]),
          first?.headers['lockstep_signature'],
        ),
      ).to.equal(1)
    })

    it('starts nothing for a message to its own topics', async () => {
      const before = events().length
      const forged = JSON.stringify({ schema: 'lockstep/bus/1', event: 'push taken', repository: 'website' })
      reader.forge(Buffer.from(forged))
      await until('the forged message', () => reader.heard.some(({ body }) => body.toString() === forged))
      website.push({ 'test.sh': 'exit 0 # afterwards' })
      await untilBuilt(9)
      expect(events().length - before).to.equal(4)
    })

    if (kind === 'rabbitmq')
      it('says in the log which exchange is missing, and publishes once its configuration is right', async () => {
        await serving?.stop()
        configure('{ environment: test, exchange: nowhere }')
        await serve()
        website.push({ 'test.sh': 'exit 0 # without an exchange' })
        await untilBuilt(10)
        const log = () => readFileSync(at('serve.log'), 'utf8')
        await until('words of it', () => log().includes('has no exchange nowhere in its virtual host'))
        await serving?.stop()
        configure('{ environment: test }')
        await serve()
        await expectAll()
        expect(log()).not.to.contain(PASSWORD)
      })

    it('leaves its key to its owner alone', async () => {
      // It writes down what is confirmed, beside the file that it replaces, for as long as it runs.
      await serving?.stop()
      serving = undefined
      const folder = at('.lockstep/pipeline/bus')
      expect(readdirSync(folder).sort()).to.deep.equal(['confirmed.json', 'signing.key'])
      const modes = execFileSync('stat', ['-c', '%a', folder, join(folder, 'signing.key')], {
        encoding: 'utf8',
      })
      expect(modes).to.equal('700\n600\n')
    })
  })

/**
 * A reader with a durable subscription to both topics, as docs/bus.md has it: it misses nothing while it is away. It says that
 * it has a message once it has noted it down.
 */
class Reader {
  readonly heard: Heard[] = []
  readonly messages = '/topic/lockstep.pipeline'
  readonly sentences = '/topic/lockstep.pipeline.events'
  private socket: net.Socket | undefined

  constructor(private readonly broker: RealBroker) {}

  of(topic: string): Heard[] {
    return this.heard.filter((each) => each.topic === topic)
  }

  async open(): Promise<void> {
    const { address: host, port, virtualHost, kind } = this.broker
    const socket = net.connect({ host, port })
    this.socket = socket
    let hear = (_receipt: string) => {}
    const parser = new FrameParser(({ command, headers: all, body }) => {
      if (command === 'CONNECTED') hear('connected')
      if (command === 'RECEIPT') hear(all['receipt-id'] ?? '')
      if (command === 'ERROR') socket.destroy(new Error(body.toString()))
      if (command !== 'MESSAGE') return
      this.heard.push({ topic: all['destination'] ?? '', headers: all, body })
      this.write('ACK', { id: all['ack'] ?? '' })
    })
    parser.version = '1.2'
    socket.on('data', (chunk: Buffer) => parser.push(chunk))
    const until = (receipt: string) =>
      new Promise<void>((done, fail) => {
        socket.once('close', () => fail(new Error(`the reader was refused before ${receipt}`)))
        hear = (heard) => heard === receipt && done()
      })
    socket.on('error', () => {})
    const credentials = { login: USER, passcode: PASSWORD, 'client-id': 'reader' }
    this.write('CONNECT', { 'accept-version': '1.2', host: virtualHost, ...credentials })
    await until('connected')
    for (const destination of [this.messages, this.sentences]) {
      const receipt = `reader-${destination.slice('/topic/'.length)}`
      const durable: Record<string, string> =
        kind === 'activemq'
          ? { 'activemq.subscriptionName': receipt }
          : { durable: 'true', 'auto-delete': 'false' }
      this.write('SUBSCRIBE', { destination, id: receipt, receipt, ack: 'client-individual', ...durable })
      await until(receipt)
    }
  }

  forge(body: Buffer): void {
    this.write('SEND', { destination: this.messages }, body)
  }

  async close(): Promise<void> {
    const { socket } = this
    this.socket = undefined
    if (socket === undefined || socket.destroyed) return
    socket.destroy()
    await once(socket, 'close')
  }

  private write(command: string, fields: Record<string, string>, body?: Buffer): void {
    this.socket?.write(encodeFrame(command, headers(fields), body, '1.2'))
  }
}

/** Returns the first of each message, in their order: a reader drops what it had before. */
function firstOfEach(heard: readonly Heard[]): Heard[] {
  const first = new Map<string, Heard>()
  for (const each of heard) {
    const id = each.headers['lockstep_id']
    if (id !== undefined && !first.has(id)) first.set(id, each)
  }
  return [...first.values()]
}

async function until(what: string, isSo: () => boolean): Promise<void> {
  for (let tries = 0; !isSo(); tries += 1) {
    if (tries > 6_000) throw new Error(`there never were ${what}`)
    await new Promise((done) => setTimeout(done, 20))
  }
}
