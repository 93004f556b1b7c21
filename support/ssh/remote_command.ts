import { randomBytes } from 'node:crypto'
import { constants } from 'node:os'
import { pause, type Clock } from '../system/clock'
import type { CommandLimits, CommandResult, CommandRunner } from '../system/command'
import type { Answer } from './answers'
import { quoteWord } from './quote'
import type { Session, Task } from './session'
import type { Sessions } from './sessions'
import { SshFault } from './ssh_fault'

const MAX_OUTPUT = 1024 * 1024
const MAX_STREAMED_OUTPUT = 64 * 1024 * 1024
/** Milliseconds in which a lost connection is built again to ask how a kept program has ended. */
const ASK_WITHIN_MS = 120_000
const ASK_EVERY_MS = 1_000
/** Milliseconds that a host has to end a program that was told to end. */
const END_WITHIN_MS = 15_000
const OVER = 'its time was over and it was ended'
const NEVER = new AbortController().signal

export interface CommandParts {
  sessions: Sessions
  clock: Clock
  askWithinMs?: number | undefined
  /** Takes the id of each program that outlives the session while it runs, so that none is taken for another's. */
  own: Set<string>
}

/** Returns a runner of programs on a host; see RemoteHost. */
export function remoteCommands(parts: CommandParts): CommandRunner {
  const { sessions, clock, own } = parts
  const names = new InheritedNames(sessions)
  return async (program, args, limits) => {
    const { within, signal = NEVER, outlives = false, onOutput } = limits
    refuse(program, limits)
    if (signal.aborted) return failed(OVER)
    const outputAtMost = onOutput === undefined ? (limits.outputAtMost ?? MAX_OUTPUT) : MAX_STREAMED_OUTPUT
    const id = randomBytes(8).toString('hex')
    let task: Task
    try {
      task = {
        id,
        isKept: outlives,
        name: nameOf(program, args),
        line: await lineFor(program, args, limits, () => names.ask(signal)),
        outputAtMost,
        input: Buffer.alloc(0),
      }
      // A session that cannot be had says so by an exception: nothing was begun.
      return await sessions.use(signal, async (session) => {
        if (outlives) own.add(id)
        const end = new Ending(clock, id, within, signal)
        try {
          const result = await resultOf(await end.follow(session, begin(session, task)), end, outputAtMost)
          if (outlives && hasEnded(result)) session.forget(id)
          return handOn(result, onOutput)
        } catch (error) {
          if (!(error instanceof SshFault)) throw error
          if (!outlives) return failed(`unknown: ${error.message}, while ${program} ran; the host ends it`)
          return await askLater(parts, { task, end, boot: session.greeting.boot, why: error.message })
        } finally {
          end.stop()
          own.delete(id)
        }
      })
    } catch (error) {
      if (signal.aborted && error === signal.reason) return failed(OVER)
      throw error
    }
  }
}

function begin(session: Session, task: Task): Promise<Answer> {
  return session.carryOut(task)
}

interface Lost {
  task: Task
  end: Ending
  boot: string
  why: string
}

/** Asks a host over new sessions how a program has ended that it was told to begin; it is never told again. */
async function askLater(parts: CommandParts, { task, end, boot, why }: Lost): Promise<CommandResult> {
  const { sessions, clock, askWithinMs = ASK_WITHIN_MS } = parts
  const until = clock.elapsed() + askWithinMs
  const where = `it may still run there as lockstep-${task.id} (${task.name.replaceAll('+', ' ')}); look at the host before anything is done beside it`
  let last = why
  while (clock.elapsed() < until) {
    const late = new AbortController()
    const stop = clock.after(until - clock.elapsed(), () => late.abort(new Error('late')))
    try {
      const answer = await sessions.use(late.signal, (session) => {
        // The time to connect is bounded; a program that runs may take longer.
        stop()
        return end.follow(session, session.ask(task.id, boot))
      })
      const result = await resultOf(answer, end, MAX_OUTPUT)
      if (hasEnded(result)) await sessions.use(NEVER, (session) => Promise.resolve(session.forget(task.id)))
      return result
    } catch (error) {
      if (error instanceof SshFault) last = error.message
      else if (!late.signal.aborted) throw error
      if (error instanceof SshFault && error.kind === 'closed') break
      if (end.isLate) break
      await pause(clock, ASK_EVERY_MS, NEVER)
    } finally {
      stop()
    }
  }
  return failed(`unknown: ${last}, after the host was told to begin it; ${where}`)
}

/** The end that a program is given when its time is over, over any session that there is then. */
class Ending {
  private reason: string | undefined
  private isOver = false
  private session: Session | undefined
  private readonly stops: (() => void)[] = []

  constructor(
    private readonly clock: Clock,
    private readonly id: string,
    within: number | undefined,
    signal: AbortSignal,
  ) {
    if (within !== undefined)
      this.stops.push(
        clock.after(within, () => this.end(`it took longer than ${within / 1000} s and was ended`)),
      )
    const abort = () => this.end(OVER)
    signal.addEventListener('abort', abort, { once: true })
    this.stops.push(() => signal.removeEventListener('abort', abort))
    if (signal.aborted) abort()
  }

  /** Why the program was ended, if it was. */
  get why(): string | undefined {
    return this.reason
  }

  /** True when a program that was told to end has had time for it. */
  get isLate(): boolean {
    return this.isOver
  }

  /** Resolves as `answer` does. @throws SshFault when the host was told to end the program and does not answer */
  async follow(session: Session, answer: Promise<Answer>): Promise<Answer> {
    this.session = session
    if (this.reason !== undefined) session.end(this.id)
    return new Promise((resolve, reject) => {
      this.onLate = () => reject(new SshFault('lost', `${this.reason ?? ''}, but the host does not say so`))
      if (this.isOver) this.onLate()
      answer.then(resolve, reject)
    })
  }

  stop(): void {
    this.stops.forEach((stop) => stop())
  }

  private onLate: () => void = () => {}

  private end(reason: string): void {
    if (this.reason !== undefined) return
    this.reason = reason
    this.session?.end(this.id)
    this.stops.push(
      this.clock.after(END_WITHIN_MS, () => {
        this.isOver = true
        this.onLate()
      }),
    )
  }
}

async function resultOf(
  { status, fault, stdout, stderr }: Answer,
  end: Ending,
  outputAtMost: number,
): Promise<CommandResult> {
  const texts = {
    stdout: textOf(stdout.subarray(0, outputAtMost)),
    stderr: textOf(stderr.subarray(0, Math.max(0, outputAtMost - stdout.length))),
  }
  const output = [texts.stdout, texts.stderr].filter(Boolean).join('\n')
  const tooMuch =
    stdout.length + stderr.length > outputAtMost
      ? `it printed more than ${outputAtMost} bytes and was ended`
      : undefined
  const why = FAULTS[fault ?? ''] ?? (fault === undefined ? undefined : `it did not run: ${fault}`)
  const ended = end.why ?? tooMuch ?? why
  // A program that ended by itself before its end was asked for is told as it ended.
  const failure = ended ?? signalOf(status)
  return { exitCode: failure === undefined ? status : undefined, stdout: texts.stdout, output, failure }
}

/** What the shell program says instead of an exit status. */
const FAULTS: Readonly<Record<string, string>> = {
  missing: 'it did not run: the host has no such program',
  cwd: 'it did not run: the folder that it is to run in cannot be entered',
  disk: 'it did not run: the host cannot write down how it ends; its disk (/run, or the home of the user) is full or read-only',
  cut: 'unknown: the host could not keep what it printed; its disk (/run, or the home of the user) is full',
  never: 'it did not run: the connection was lost before the host was told',
  restarted: 'unknown: the host has restarted since it was begun',
  folder: 'unknown: the folder in which the host wrote down how it ended is gone',
  gone: 'unknown: it was ended on the host, and nothing says how far it came',
}

const SIGNALS = new Map(Object.entries(constants.signals).map(([name, number]) => [number, name]))

function signalOf(status: number): string | undefined {
  const name = status > 128 ? SIGNALS.get(status - 128) : undefined
  return name === undefined ? undefined : `it was ended by ${name}`
}

/** Returns whether the host may forget a program: one that may still come to the host late must be known there, to be refused. */
function hasEnded({ failure }: CommandResult): boolean {
  return failure === undefined || !(failure.startsWith('unknown: ') || failure === FAULTS['never'])
}

function failed(failure: string): CommandResult {
  return { exitCode: undefined, stdout: '', output: '', failure }
}

function handOn(result: CommandResult, onOutput: CommandLimits['onOutput']): CommandResult {
  if (onOutput === undefined) return result
  if (result.output !== '') onOutput(Buffer.from(result.output))
  return { ...result, stdout: '', output: '' }
}

function textOf(bytes: Buffer): string {
  return bytes.toString('utf8').replace(/\r?\n$/, '')
}

function refuse(program: string, { input, leavesNothing }: CommandLimits): void {
  if (input !== undefined) throw new Error('a file of this host cannot be the input of a program on another')
  if (leavesNothing === true) throw new Error('what a program leaves on another host cannot be ended')
  if (program === '' || program.startsWith('-'))
    throw new Error(`${JSON.stringify(program)} is not the name of a program`)
}

const MAX_NAME = 120

/** Returns a word that tells a person what runs. */
function nameOf(program: string, args: readonly string[]): string {
  return [program, ...args]
    .join(' ')
    .slice(0, MAX_NAME)
    .replaceAll(/[^A-Za-z0-9_./:@%=,-]/g, '+')
}

/** Returns the line by which a shell becomes the program. */
async function lineFor(
  program: string,
  args: readonly string[],
  limits: CommandLimits,
  inherited: () => Promise<readonly string[]>,
): Promise<string> {
  const { umask, cwd, env = {}, inherits } = limits
  const unset = inherits === undefined ? [] : (await inherited()).filter((name) => !inherits(name))
  const variables = Object.entries({ LC_ALL: 'C', LANG: 'C', ...env })
  const strange = variables.find(([name]) => !VARIABLE.test(name))
  if (strange !== undefined) throw new Error(`${strange[0]} is not the name of a variable`)
  return [
    ...(umask === undefined ? [] : [`umask ${umask.toString(8).padStart(4, '0')}`]),
    ...(cwd === undefined ? [] : [`cd ${quoteWord(cwd)} 2>/dev/null || lk_no cwd`]),
    ...(unset.length === 0 ? [] : [`unset ${unset.join(' ')}`]),
    ...variables.map(([name, value]) =>
      value === undefined ? `unset ${name}` : `export ${name}=${quoteWord(value)}`,
    ),
    `lk_find ${quoteWord(program)} || lk_no missing`,
    `exec "$lk_setsid" ${[program, ...args].map(quoteWord).join(' ')}`,
  ].join('; ')
}

const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/

/** The names of the variables that programs of a session inherit; asked once. */
class InheritedNames {
  private known: readonly string[] | undefined

  constructor(private readonly sessions: Sessions) {}

  async ask(signal: AbortSignal): Promise<readonly string[]> {
    this.known ??= await this.find(signal)
    return this.known
  }

  private find(signal: AbortSignal): Promise<readonly string[]> {
    return this.sessions.use(signal, async (session) => {
      const { stdout } = await session.carryOut({
        id: randomBytes(8).toString('hex'),
        isKept: false,
        name: 'env',
        line: 'exec env',
        outputAtMost: MAX_OUTPUT,
        input: Buffer.alloc(0),
      })
      // A value may have lines that look like variables; to leave out one more that is not there changes nothing.
      const names = stdout.toString('latin1').matchAll(/^([A-Za-z_][A-Za-z0-9_]*)=/gm)
      return [...new Set([...names].map(([, name = '']) => name))]
    })
  }
}
