/** How a program ended: its exit status and what it printed, or why it has none. */
export interface CommandResult {
  exitCode: number | undefined
  output: string
  /** Why it could not be run to its end, as a sentence. */
  failure: string | undefined
}

/** Runs a program with arguments, never through a shell. Milliseconds. */
export type CommandRunner = (
  program: string,
  args: readonly string[],
  within: number,
) => Promise<CommandResult>

const OUTPUT_AT_MOST = 1024 * 1024

/** Programs get no terminal and no locale but C; what they have started ends with them when their time is over. */
export const runCommand: CommandRunner = async (program, args, within) => {
  // Loaded only where a program is run: it takes as long to load as the rest of a start.
  const { execa } = await import('execa')
  const child = execa(program, args, {
    stdin: 'ignore',
    all: true,
    reject: false,
    detached: true,
    maxBuffer: OUTPUT_AT_MOST,
    env: { LC_ALL: 'C', LANG: 'C' },
    stripFinalNewline: true,
  })
  let late = false
  const timer = setTimeout(() => {
    late = true
    endGroup(child.pid)
  }, within)
  const result = await child
  clearTimeout(timer)
  const output = typeof result.all === 'string' ? result.all : ''
  if (late)
    return { exitCode: undefined, output, failure: `it took longer than ${within / 1000} s and was ended` }
  if (result.exitCode === undefined)
    return {
      exitCode: undefined,
      output,
      failure: `it did not run: ${result.shortMessage ?? 'no exit status'}`,
    }
  return { exitCode: result.exitCode, output, failure: undefined }
}

function endGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL')
  } catch {
    // It has ended by itself.
  }
}
