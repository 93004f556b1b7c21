import { closeSync, mkdtempSync, openSync, readSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

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
  cwd?: string
  /** It goes on when this process is killed: its output goes to files, since writing to a pipe that nobody reads would end it. */
  outlives?: boolean
  /** How much it may print before it is ended, bytes. */
  outputAtMost?: number
  /** Told its process number. */
  onStart?: (pid: number) => void
}

/** Runs a program with arguments, never through a shell. */
export type CommandRunner = (
  program: string,
  args: readonly string[],
  limits: CommandLimits,
) => Promise<CommandResult>

const OUTPUT_AT_MOST = 1024 * 1024
/** What a program gets to end by itself after it was told to, ms. */
const GRACE = 2_000

/** Programs get no terminal and no locale but C; what they have started ends with them when their time is over. */
export const runCommand: CommandRunner = async (program, args, limits) => {
  const { within, signal, env = {}, cwd, outlives = false, onStart, outputAtMost = OUTPUT_AT_MOST } = limits
  const isOver = () => signal?.aborted === true
  if (isOver()) return ended('', '', OVER)
  // Loaded only where a program is run: it takes as long to load as the rest of a start.
  const { execa } = await import('execa')
  const files = outlives ? new OutputFiles() : undefined
  const child = execa(program, args, {
    stdin: 'ignore',
    stdout: (files?.out ?? 'pipe') as Descriptor,
    stderr: (files?.err ?? 'pipe') as Descriptor,
    all: true,
    reject: false,
    detached: true,
    // A daemon that ends leaves to itself what outlives it; what it only asks ends with it.
    cleanup: !outlives,
    maxBuffer: outputAtMost,
    env: { LC_ALL: 'C', LANG: 'C', ...env },
    stripFinalNewline: true,
    ...(cwd === undefined ? {} : { cwd }),
  })
  if (child.pid !== undefined) onStart?.(child.pid)
  const timers: NodeJS.Timeout[] = []
  const later = (ms: number, work: () => void) => timers.push(setTimeout(work, ms))
  // A service that a program has started may hold on to its output; nobody waits for that.
  child.once('exit', () => later(GRACE, () => [child.stdout, child.stderr].forEach((out) => out?.destroy())))

  let why: string | undefined
  const end = (reason: string) => {
    why ??= reason
    signalGroup(child.pid, 'SIGTERM')
    later(GRACE, () => signalGroup(child.pid, 'SIGKILL'))
  }
  const abort = () => end(OVER)
  if (within !== undefined) later(within, () => end(`it took longer than ${within / 1000} s and was ended`))
  signal?.addEventListener('abort', abort, { once: true })
  // It may have been aborted while execa was loaded.
  if (isOver()) abort()
  const result = await child
  signal?.removeEventListener('abort', abort)
  timers.forEach(clearTimeout)
  if (why !== undefined) signalGroup(child.pid, 'SIGKILL')

  const piped = (text: unknown) => (typeof text === 'string' ? text : '')
  const { stdout, output } = files?.read() ?? { stdout: piped(result.stdout), output: piped(result.all) }
  // What was cut off is not taken for the whole, whatever its exit status.
  if (result.isMaxBuffer) why ??= `it printed more than ${outputAtMost} bytes and was ended`
  if (why === undefined && result.exitCode !== undefined)
    return { exitCode: result.exitCode, stdout, output, failure: undefined }
  return ended(stdout, output, why ?? `it did not run: ${result.shortMessage ?? 'no exit status'}`)
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
      const bytes = Buffer.alloc(OUTPUT_AT_MOST)
      const text = bytes.toString('utf8', 0, readSync(file, bytes, 0, OUTPUT_AT_MOST, 0)).trimEnd()
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

function signalGroup(pid: number | undefined, signal: 'SIGTERM' | 'SIGKILL'): void {
  try {
    if (pid !== undefined) process.kill(-pid, signal)
  } catch {
    // It has ended by itself.
  }
}
