import { randomBytes } from 'node:crypto'
import type { Clock } from '../system/clock'
import { Answers, type Answer, type Greeting } from './answers'
import { nameFault } from './name_fault'
import { shellProgram } from './shell_program'
import { SshFault } from './ssh_fault'
import { CONNECT_WITHIN_S, HERE, sshArguments, type SshOptions, type SshTarget } from './ssh_options'
import { startSsh, type SshProcess } from './ssh_process'

/** Something that a host is told to do. */
export interface Task {
  id: string
  /** True when it goes on without the session, and can be asked for by its id. */
  isKept: boolean
  /** Its name on the host; one word. */
  name: string
  /** What the host's shell carries out; one line. */
  line: string
  /** The most bytes of each output. */
  outputAtMost: number
  /** The bytes that it reads as its standard input. */
  input: Buffer
}

const MAX_NOISE = 8 * 1024
/** Milliseconds between two signs of life; a host that has none for longer ends what it does. */
const ALIVE_EVERY_MS = 15_000
/** Milliseconds in which a shell that runs answers; ssh itself finds out about a lost connection later. */
const HEARD_WITHIN_MS = 60_000

/** A session with a host: one ssh process, and a shell on the host that carries out several tasks at once. */
export class Session {
  private readonly waiting = new Map<string, { resolve(answer: Answer): void; reject(why: SshFault): void }>()
  private fault: SshFault | undefined
  private lastHeardMs: number
  private stopSigns: () => void = () => {}

  private constructor(
    private readonly ssh: SshProcess,
    private readonly clock: Clock,
    readonly greeting: Greeting,
    private readonly ids: () => string,
  ) {
    this.lastHeardMs = clock.elapsed()
    this.giveSigns()
  }

  /** Logs in. @throws SshFault, or the signal's reason */
  static async open(target: SshTarget, options: SshOptions, signal: AbortSignal): Promise<Session> {
    const { program = 'ssh', connectWithinS: withinS = CONNECT_WITHIN_S, clock } = options
    const token = `lockstep-${randomBytes(16).toString('hex')}-`
    const ssh = await startSsh(program, sshArguments(target, options))
    let [errors, noise, isHere] = ['', '', false]
    let session: Session | undefined
    ssh.stderr.on('data', (piece: Buffer) => {
      errors = (errors + piece.toString('utf8')).slice(-MAX_NOISE)
    })
    let stop: () => void = () => {}
    let abort: () => void = () => {}
    try {
      return await new Promise<Session>((resolve, reject) => {
        abort = () => reject(signal.reason as Error)
        if (signal.aborted) return abort()
        signal.addEventListener('abort', abort, { once: true })
        // ssh has a limit of its own for the connection; the login and the shell have the same once more.
        stop = clock.after(2 * withinS * 1000, () =>
          reject(
            noise.trim() === '' && errors.trim() === ''
              ? new SshFault('too-slow', `it has not come to a login within ${2 * withinS} s`)
              : nameFault({ errors, noise, exitCode: undefined, withinS }),
          ),
        )
        const answers = new Answers(token, {
          onGreeting: (greeting) => {
            let next = 0
            session = new Session(ssh, clock, greeting, () => `s${(next += 1)}`)
            resolve(session)
          },
          onAnswer: (answer) => session?.hear(answer),
          onFault: (word, details) => reject(shellFault(word, details)),
          onNonsense: (line) =>
            session?.lose(`what came was no answer: ${JSON.stringify(line.slice(0, 80))}`),
        })
        ssh.stdout.on('data', (piece: Buffer) => {
          if (isHere) return answers.take(piece)
          noise = (noise + piece.toString('latin1')).slice(-MAX_NOISE)
          if (!noise.split('\n').slice(0, -1).includes(HERE)) return
          isHere = true
          // All of it is read by the shell before anything else is sent, as a shell may read ahead.
          ssh.stdin.write(shellProgram(token))
        })
        void ssh.ended.then(async ({ exitCode, why }) => {
          // What ssh has printed last may still be on its way.
          await new Promise((done) => setImmediate(done))
          if (why !== undefined)
            return reject(
              new SshFault('no-ssh', `${program} cannot be run here: ${why.replace(/^.*?: /s, '')}`),
            )
          if (session !== undefined) return session.lose(lastOf(errors))
          reject(nameFault({ errors, noise, exitCode, withinS }))
        })
      })
    } catch (error) {
      ssh.kill()
      throw error
    } finally {
      stop()
      signal.removeEventListener('abort', abort)
    }
  }

  /** True as long as the connection is not known to be lost. */
  get isOpen(): boolean {
    return this.fault === undefined
  }

  /** True when the host has not been heard for so long that the connection may be lost without a word. */
  get isStale(): boolean {
    return this.clock.elapsed() - this.lastHeardMs > ALIVE_EVERY_MS
  }

  /** Resolves with how a task ended. @throws SshFault when the connection is lost before that is known */
  carryOut(task: Task): Promise<Answer> {
    const { id, isKept, name, line, outputAtMost, input } = task
    const words = [isKept ? 'keep' : 'run', id, outputAtMost + 1, input.length, name]
    const answer = this.await(id)
    this.send(Buffer.concat([Buffer.from(`${words.join(' ')} ${line}\n`), input]))
    return answer
  }

  /**
   * Resolves with how a kept task ended that was told over an earlier session, when it has ended. A task that has not come to the
   * host by now will not be begun any more.
   * @throws SshFault when the connection is lost before that is known
   */
  ask(id: string, boot: string): Promise<Answer> {
    const answer = this.await(id)
    this.send(`ask ${id} ${boot}\n`)
    return answer
  }

  /** Ends a task; how it ended is told by its answer. */
  end(id: string): void {
    this.send(`end ${id}\n`)
  }

  /** Has the host forget how a kept task ended. */
  forget(id: string): void {
    this.send(`drop ${id}\n`)
  }

  /** Resolves with the kept tasks that run, a line each: id, process, name. @throws SshFault */
  async kept(): Promise<string[]> {
    const id = this.ids()
    const answer = this.await(id)
    this.send(`list ${id}\n`)
    return (await answer).stdout.toString('utf8').split('\n').filter(Boolean)
  }

  /** Resolves when the host answers. @throws SshFault when it does not */
  async prove(): Promise<void> {
    if (this.fault !== undefined) throw this.fault
    const id = this.ids()
    const answer = this.await(id)
    this.send(`alive ${id}\n`)
    const stop = this.clock.after(HEARD_WITHIN_MS, () => this.lose('it does not answer'))
    try {
      await answer
    } finally {
      stop()
    }
  }

  /** Ends the session, and on the host all that is not kept. */
  close(): void {
    this.fail(new SshFault('closed', 'the session with it was closed'))
    this.ssh.stdin.end()
    const stop = this.clock.after(CLOSE_WITHIN_MS, () => this.ssh.kill())
    void this.ssh.ended.then(stop)
  }

  /** Resolves when the ssh process is gone. */
  get gone(): Promise<unknown> {
    return this.ssh.ended
  }

  private await(id: string): Promise<Answer> {
    if (this.fault !== undefined) return Promise.reject(this.fault)
    return new Promise((resolve, reject) => this.waiting.set(id, { resolve, reject }))
  }

  private send(bytes: Buffer | string): void {
    if (this.isOpen) this.ssh.stdin.write(bytes)
  }

  private hear(answer: Answer): void {
    this.lastHeardMs = this.clock.elapsed()
    const waiting = this.waiting.get(answer.id)
    this.waiting.delete(answer.id)
    waiting?.resolve(answer)
  }

  private lose(why: string): void {
    this.fail(new SshFault('lost', `the connection to it was lost${why === '' ? '' : `: ${why}`}`))
    this.ssh.kill()
  }

  private fail(fault: SshFault): void {
    if (this.fault !== undefined) return
    this.fault = fault
    this.stopSigns()
    for (const { reject } of this.waiting.values()) reject(fault)
    this.waiting.clear()
  }

  private giveSigns(): void {
    this.stopSigns = this.clock.after(ALIVE_EVERY_MS, () => {
      this.giveSigns()
      this.prove().catch(() => {})
    })
  }
}

const CLOSE_WITHIN_MS = 5_000

function lastOf(errors: string): string {
  return errors.trim().split('\n').at(-1)?.slice(0, 200) ?? ''
}

function shellFault(word: string, details: string): SshFault {
  if (word === 'tools')
    return new SshFault(
      'tool-missing',
      `it lacks programs that commands are run with: ${details}. Install them (util-linux, coreutils)`,
    )
  return new SshFault('no-folder', `the folder for what runs there cannot be used: ${details}`)
}
