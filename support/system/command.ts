import { randomUUID } from 'node:crypto'
import { closeSync, mkdtempSync, openSync, readdirSync, readFileSync, readSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'

/** How a program ended: its exit status and what it printed, or why it has none. */
export interface CommandResult {
  exitCode: number | undefined
  /** What it printed to its standard output. */
  stdout: string
  /** All that it printed, errors among it. */
  output: string
  /** Why it could not be run to its end, as a sentence. */
  failure: string | undefined
}

/** Variables of a program beside those that it inherits; an undefined one is not inherited. */
export type CommandEnv = Readonly<Record<string, string | undefined>>

export interface CommandLimits {
  /** When it is ended, ms from now. */
  within?: number
  /** Ends it when aborted. */
  signal?: AbortSignal | undefined
  env?: CommandEnv
  /** Which variables of this process it inherits: all unless said. */
  inherits?: (name: string) => boolean
  /** Whatever it has started is ended when it ends, in other sessions too unless it has cleared its environment. */
  leavesNothing?: boolean
  cwd?: string
  /** It goes on when this process is killed: its output goes to files, since writing to a pipe that nobody reads would end it. */
  outlives?: boolean
  /** How much it may print before it is ended, bytes. */
  outputAtMost?: number
  /** With which it makes its files; that of this process unless said. */
  umask?: number
  /** Told its process number. */
  onStart?: (pid: number) => void
}

/** Runs a program with arguments, never through a shell. */
export type CommandRunner = (
  program: string,
  args: readonly string[],
  limits: CommandLimits,
) => Promise<CommandResult>

const MAX_OUTPUT = 1024 * 1024
/** Tells what a program has started from everything else. */
const MARK = 'STARTED_IN_LOCKSTEP'
/** What starts anew as fast as it is ended is not hunted for ever. */
const MAX_ROUNDS = 20
/** What a program gets to end by itself after it was told to, ms. */
const GRACE = 2_000

/** Programs get no terminal and no locale but C; what they have started ends with them when their time is over. */
export const runCommand: CommandRunner = async (program, args, limits) => {
  const { within, signal, cwd, outlives = false, onStart, outputAtMost = MAX_OUTPUT } = limits
  const isOver = () => signal?.aborted === true
  if (isOver()) return ended('', '', OVER)
  // Loaded only where a program is run: it takes as long to load as the rest of a start.
  const { execa } = await import('execa')
  const files = outlives ? new OutputFiles() : undefined
  const mark = limits.leavesNothing === true ? `${MARK}=${randomUUID()}` : undefined
  const before = limits.umask === undefined ? undefined : process.umask(limits.umask)
  const child = execa(program, args, {
    stdin: 'ignore',
    stdout: (files?.out ?? 'pipe') as Descriptor,
    stderr: (files?.err ?? 'pipe') as Descriptor,
    buffer: false,
    reject: false,
    detached: true,
    // A daemon that ends leaves to itself what outlives it; what it only asks ends with it.
    cleanup: !outlives,
    extendEnv: false,
    env: { ...environmentOf(limits), ...(mark === undefined ? {} : { [MARK]: mark.slice(MARK.length + 1) }) },
    ...(cwd === undefined ? {} : { cwd }),
  })
  // It has been started by now, and has its own.
  if (before !== undefined) process.umask(before)
  if (child.pid !== undefined) onStart?.(child.pid)
  const timers: NodeJS.Timeout[] = []
  const later = (ms: number, work: () => void) => timers.push(setTimeout(work, ms))
  if (mark !== undefined) child.once('exit', () => endAll(child.pid, mark))
  // A service that a program has started may hold on to its output; nobody waits for that.
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
  if (files === undefined) printed.listen(child)
  const abort = () => end(OVER)
  if (within !== undefined) later(within, () => end(`it took longer than ${within / 1000} s and was ended`))
  signal?.addEventListener('abort', abort, { once: true })
  // It may have been aborted while execa was loaded.
  if (isOver()) abort()
  const result = await child
  signal?.removeEventListener('abort', abort)
  timers.forEach(clearTimeout)
  if (why !== undefined) signalGroup(child.pid, 'SIGKILL')

  const { stdout, output } = files?.read() ?? printed.texts()
  if (why === undefined && result.exitCode !== undefined)
    return { exitCode: result.exitCode, stdout, output, failure: undefined }
  return ended(stdout, output, why ?? `it did not run: ${result.shortMessage ?? 'no exit status'}`)
}

function environmentOf({ env = {}, inherits = () => true }: CommandLimits): Record<string, string> {
  const inherited = Object.entries(process.env).filter(([name]) => inherits(name))
  const all = Object.entries({ ...Object.fromEntries(inherited), LC_ALL: 'C', LANG: 'C', ...env })
  return Object.fromEntries(all.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])))
}

/** What a program prints, kept once and up to a limit. */
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
    const stdout = joined(this.chunks.filter(({ isError }) => !isError))
    // What is much is not kept twice.
    const output = this.chunks.some(({ isError }) => isError) ? joined(this.last()) : stdout
    return { stdout, output }
  }

  /** Of much output only the end is told together with errors. */
  private last(): readonly { chunk: Buffer }[] {
    let [from, bytes] = [this.chunks.length, 0]
    while (from > 0 && bytes < 2 * MAX_OUTPUT) bytes += this.chunks[--from]?.chunk.length ?? 0
    return this.chunks.slice(from)
  }

  private take(chunk: Buffer, isError: boolean): void {
    const room = this.atMost - this.bytes
    this.bytes += chunk.length
    if (room > 0) this.chunks.push({ isError, chunk: chunk.length > room ? chunk.subarray(0, room) : chunk })
    // What was cut off is not taken for the whole, whatever its exit status.
    if (chunk.length > room && room >= 0) this.onTooMuch()
  }
}

function joined(chunks: readonly { chunk: Buffer }[]): string {
  return Buffer.concat(chunks.map(({ chunk }) => chunk))
    .toString('utf8')
    .replace(/\r?\n$/, '')
}

/** execa takes any file descriptor, though its types know the first few alone. */
type Descriptor = 3 | 'pipe'

/** Where a program's output goes that may be left without a reader. */
class OutputFiles {
  private readonly folder = mkdtempSync(join(tmpdir(), 'lockstep-output-'))
  readonly out = openSync(join(this.folder, 'out'), 'wx+', 0o600)
  readonly err = openSync(join(this.folder, 'err'), 'wx+', 0o600)

  /** Once: they are gone afterwards. */
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

function ended(stdout: string, output: string, failure: string): CommandResult {
  return { exitCode: undefined, stdout, output, failure }
}

/** Ends all that is in the session that `pid` has begun, or that carries `mark` in its environment. */
function endAll(pid: number | undefined, mark: string): void {
  if (pid === undefined) return
  signalGroup(pid, 'SIGKILL')
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const left = processesOf(pid, mark)
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

/** None where there is no /proc. */
function processesOf(session: number, mark: string): number[] {
  try {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name) && (sessionOf(name) === session || carries(name, mark)))
      .map(Number)
  } catch {
    return []
  }
}

function carries(pid: string, mark: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0').includes(mark)
  } catch {
    // Another user's, or it has ended.
    return false
  }
}

function sessionOf(pid: string): number | undefined {
  try {
    // The name is in parentheses and may have spaces in it; state and session are the first and fourth field after it.
    const [state, , , session] = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ')
    return state === 'Z' ? undefined : Number(session)
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
