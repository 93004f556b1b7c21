import { randomUUID } from 'node:crypto'
import {
  closeSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { hasEnded } from './ended_process'

/** The result of a program: its exit status and output, or the reason why it has no exit status. */
export interface CommandResult {
  exitCode: number | undefined
  /** The text that the program printed to its standard output. */
  stdout: string
  /** The text that the program printed to both outputs, errors among it. */
  output: string
  /** The reason why the program could not be run to its end, as a sentence. */
  failure: string | undefined
}

/** The variables of a program beside those that it inherits; an undefined one is not inherited. */
export type CommandEnv = Readonly<Record<string, string | undefined>>

export interface CommandLimits {
  /** Milliseconds after which the program is ended. */
  within?: number
  /** The signal that ends the program when aborted. */
  signal?: AbortSignal | undefined
  env?: CommandEnv
  /** Returns whether the program inherits a variable of this process; without it, all are inherited. */
  inherits?: (name: string) => boolean
  /**
   * True when all that the program has started is ended with it, in other sessions too unless it has cleared its
   * environment.
   */
  leavesNothing?: boolean
  cwd?: string
  /**
   * True when the program goes on after this process is killed. Its output goes to files, since writing to a pipe
   * without a reader would end it.
   */
  outlives?: boolean
  /** The most bytes that the program may print before it is ended. */
  outputAtMost?: number
  /** Takes each piece of both outputs as it is printed. Nothing is kept then, and `outputAtMost` ends nothing. */
  onOutput?: (piece: Buffer) => void
  /** The umask with which the program makes its files; that of this process unless given. */
  umask?: number
  /** Takes the process number of the program once it runs. */
  onStart?: (pid: number) => void
  /** The number of an open file that the program reads as its standard input; without it, there is nothing to read. */
  input?: number
}

/** Runs a program with arguments, never through a shell. */
export type CommandRunner = (
  program: string,
  args: readonly string[],
  limits: CommandLimits,
) => Promise<CommandResult>

const MAX_OUTPUT = 1024 * 1024
/** The variable that tells what a program has started from everything else. */
const MARK = 'STARTED_IN_LOCKSTEP'
/**
 * The most rounds of ending what a program has started. Processes that restart as fast as they are ended are not
 * hunted for ever.
 */
const MAX_ROUNDS = 20
/** Milliseconds that a program gets to end by itself after the order to end. */
const GRACE = 2_000

/**
 * Runs a program without a terminal and with no locale but C. What it has started ends with it when its time is over.
 */
export const runCommand: CommandRunner = async (program, args, limits) => {
  const { within, signal, cwd, outlives = false, onStart, outputAtMost = MAX_OUTPUT } = limits
  const isOver = () => signal?.aborted === true
  if (isOver()) return failedResult('', '', OVER)
  // The module is loaded only where a program is run: it takes as long to load as the rest of a start.
  const { execa } = await import('execa')
  const files = outlives ? new OutputFiles() : undefined
  const mark = limits.leavesNothing === true ? `${MARK}=${randomUUID()}` : undefined
  const before = limits.umask === undefined ? undefined : process.umask(limits.umask)
  const child = execa(program, args, {
    stdin: (limits.input ?? 'ignore') as Descriptor | 'ignore',
    stdout: (files?.out ?? 'pipe') as Descriptor,
    stderr: (files?.err ?? 'pipe') as Descriptor,
    buffer: false,
    reject: false,
    detached: true,
    // A program that outlives a daemon is left to itself when the daemon ends; others end with it.
    cleanup: !outlives,
    extendEnv: false,
    env: { ...environmentOf(limits), ...(mark === undefined ? {} : { [MARK]: mark.slice(MARK.length + 1) }) },
    ...(cwd === undefined ? {} : { cwd }),
  })
  // The program has been started by now, and has its own umask.
  if (before !== undefined) process.umask(before)
  if (child.pid !== undefined) onStart?.(child.pid)
  const timers: NodeJS.Timeout[] = []
  const later = (ms: number, work: () => void) => timers.push(setTimeout(work, ms))
  if (mark !== undefined) child.once('exit', () => endAll(child.pid, mark))
  // A service that a program has started may keep its output open; the run does not wait for that.
  child.once('exit', () => later(GRACE, () => [child.stdout, child.stderr].forEach((out) => out?.destroy())))

  let why: string | undefined
  const end = (reason: string) => {
    why ??= reason
    signalGroup(child.pid, 'SIGTERM')
    later(GRACE, () => signalGroup(child.pid, 'SIGKILL'))
  }
  const printed = new Printed(outputAtMost, () =>
    end(`it printed more than ${outputAtMost} bytes and was ended`),
  )
  const { onOutput } = limits
  if (onOutput !== undefined) [child.stdout, child.stderr].forEach((out) => out?.on('data', onOutput))
  else if (files === undefined) printed.listen(child)
  const abort = () => end(OVER)
  if (within !== undefined) later(within, () => end(`it took longer than ${within / 1000} s and was ended`))
  signal?.addEventListener('abort', abort, { once: true })
  // The signal may have been aborted while execa was loaded.
  if (isOver()) abort()
  const result = await child
  signal?.removeEventListener('abort', abort)
  timers.forEach(clearTimeout)
  if (why !== undefined) signalGroup(child.pid, 'SIGKILL')

  const { stdout, output } = files?.read() ?? printed.texts()
  if (why === undefined && result.exitCode !== undefined)
    return { exitCode: result.exitCode, stdout, output, failure: undefined }
  const itself = result.signal === undefined ? undefined : `it was ended by ${result.signal}`
  return failedResult(
    stdout,
    output,
    why ?? itself ?? `it did not run: ${result.shortMessage ?? 'no exit status'}`,
  )
}

function environmentOf({ env = {}, inherits = () => true }: CommandLimits): Record<string, string> {
  const inherited = Object.entries(process.env).filter(([name]) => inherits(name))
  const all = Object.entries({ ...Object.fromEntries(inherited), LC_ALL: 'C', LANG: 'C', ...env })
  return Object.fromEntries(all.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])))
}

/** The output of a program, kept once and up to a limit. */
class Printed {
  private readonly chunks: { isError: boolean; chunk: Buffer }[] = []
  private bytes = 0

  constructor(
    private readonly atMost: number,
    private readonly onTooMuch: () => void,
  ) {}

  listen({ stdout, stderr }: { stdout: Readable | null; stderr: Readable | null }): void {
    stdout?.on('data', (chunk: Buffer) => this.take(chunk, false))
    stderr?.on('data', (chunk: Buffer) => this.take(chunk, true))
  }

  texts(): { stdout: string; output: string } {
    const stdout = joinChunks(this.chunks.filter(({ isError }) => !isError))
    // Much output is not kept twice.
    const output = this.chunks.some(({ isError }) => isError) ? joinChunks(this.last()) : stdout
    return { stdout, output }
  }

  /** Returns the end of the output: of much output only the end is given together with errors. */
  private last(): readonly { chunk: Buffer }[] {
    let [from, bytes] = [this.chunks.length, 0]
    while (from > 0 && bytes < 2 * MAX_OUTPUT) bytes += this.chunks[--from]?.chunk.length ?? 0
    return this.chunks.slice(from)
  }

  private take(chunk: Buffer, isError: boolean): void {
    const room = this.atMost - this.bytes
    this.bytes += chunk.length
    if (room > 0) this.chunks.push({ isError, chunk: chunk.length > room ? chunk.subarray(0, room) : chunk })
    // Output that was cut off does not count as whole, with any exit status.
    if (chunk.length > room && room >= 0) this.onTooMuch()
  }
}

function joinChunks(chunks: readonly { chunk: Buffer }[]): string {
  return Buffer.concat(chunks.map(({ chunk }) => chunk))
    .toString('utf8')
    .replace(/\r?\n$/, '')
}

/** A file descriptor: execa takes any, though its types know the first few alone. */
type Descriptor = 3 | 'pipe'

/** The files for the output of a program that may be left without a reader. */
class OutputFiles {
  private readonly folder = mkdtempSync(join(tmpdir(), 'lockstep-output-'))
  readonly out = openSync(join(this.folder, 'out'), 'wx+', 0o600)
  readonly err = openSync(join(this.folder, 'err'), 'wx+', 0o600)

  /** Reads the output and removes the files; to be called once. */
  read(): { stdout: string; output: string } {
    const [stdout = '', stderr = ''] = [this.out, this.err].map((file) => {
      const bytes = Buffer.alloc(MAX_OUTPUT)
      const text = bytes.toString('utf8', 0, readSync(file, bytes, 0, MAX_OUTPUT, 0)).trimEnd()
      closeSync(file)
      return text
    })
    rmSync(this.folder, { recursive: true, force: true })
    return { stdout, output: [stdout, stderr].filter(Boolean).join('\n') }
  }
}

const OVER = 'its time was over and it was ended'

function failedResult(stdout: string, output: string, failure: string): CommandResult {
  return { exitCode: undefined, stdout, output, failure }
}

/**
 * Ends all processes of this user that carry a variable, such as `NAME=value`, in the environment that they were started
 * with. It finds what a process has started that was killed since.
 */
export function endAllWith(variable: string): void {
  endUntilGone(() => processesThat((pid) => carries(pid, variable)))
}

/**
 * Returns whether a process of this user that was started with a variable, such as `NAME=value`, is still there. Root sees
 * the variables of others too, who could keep it waiting for ever. While a process becomes another program, it has none.
 */
export function isRunningWith(variable: string): boolean {
  return processesThat((pid) => carries(pid, variable) && isOfOwnUser(pid)).length > 0
}

/** Ends all processes of the session that `pid` has begun, and all that carry `mark` in their environment. */
function endAll(pid: number | undefined, mark: string): void {
  if (pid === undefined) return
  signalGroup(pid, 'SIGKILL')
  endUntilGone(() => processesThat((each) => sessionOf(each) === pid || carries(each, mark)))
}

function endUntilGone(find: () => number[]): void {
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const left = find()
    if (left.length === 0) return
    for (const other of left) {
      try {
        process.kill(other, 'SIGKILL')
      } catch {
        // It has ended by itself.
      }
    }
  }
}

/** Returns the processes that `test` finds; none where there is no /proc. */
function processesThat(test: (pid: string) => boolean): number[] {
  try {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name) && test(name))
      .map(Number)
  } catch {
    return []
  }
}

function carries(pid: string, mark: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0').includes(mark)
  } catch {
    // The process is another user's, or has ended.
    return false
  }
}

function isOfOwnUser(pid: string): boolean {
  try {
    return statSync(`/proc/${pid}`).uid === process.geteuid?.()
  } catch {
    return false
  }
}

function sessionOf(pid: string): number | undefined {
  try {
    // The name is in parentheses and may have spaces in it; the session is the fourth field after it.
    const [, , , session] = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ')
    return hasEnded(pid) ? undefined : Number(session)
  } catch {
    return undefined
  }
}

function signalGroup(pid: number | undefined, signal: 'SIGTERM' | 'SIGKILL'): void {
  try {
    if (pid !== undefined) process.kill(-pid, signal)
  } catch {
    // It has ended by itself.
  }
}
