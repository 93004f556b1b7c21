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

export interface CommandLimits {
  /** When it is ended, ms from now. */
  within?: number
  /** Ends it when aborted. */
  signal?: AbortSignal | undefined
  env?: Readonly<Record<string, string>>
  cwd?: string
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
export const runCommand: CommandRunner = async (program, args, { within, signal, env = {}, cwd }) => {
  if (signal?.aborted === true) return ended('', '', OVER)
  // Loaded only where a program is run: it takes as long to load as the rest of a start.
  const { execa } = await import('execa')
  const child = execa(program, args, {
    stdin: 'ignore',
    all: true,
    reject: false,
    detached: true,
    maxBuffer: OUTPUT_AT_MOST,
    env: { LC_ALL: 'C', LANG: 'C', ...env },
    stripFinalNewline: true,
    ...(cwd === undefined ? {} : { cwd }),
  })
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
  const result = await child
  signal?.removeEventListener('abort', abort)
  timers.forEach(clearTimeout)
  if (why !== undefined) signalGroup(child.pid, 'SIGKILL')

  const stdout = typeof result.stdout === 'string' ? result.stdout : ''
  const output = typeof result.all === 'string' ? result.all : ''
  if (why === undefined && result.exitCode !== undefined)
    return { exitCode: result.exitCode, stdout, output, failure: undefined }
  return ended(stdout, output, why ?? `it did not run: ${result.shortMessage ?? 'no exit status'}`)
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
