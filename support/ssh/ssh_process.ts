import type { Readable, Writable } from 'node:stream'

/** An ssh process: bytes in, bytes out, and how it ended. */
export interface SshProcess {
  stdin: Writable
  stdout: Readable
  stderr: Readable
  /** Resolves when it has ended, with its exit status, or with why it could not be started. */
  ended: Promise<{ exitCode: number | undefined; why: string | undefined }>
  kill(): void
}

const GRACE_MS = 1_000

/** Starts the user's own ssh in a session of its own, so that no terminal is asked and no key of it ends the program. */
export async function startSsh(program: string, args: readonly string[]): Promise<SshProcess> {
  // The module is loaded only where a program is run: it takes as long to load as the rest of a start.
  const { execa } = await import('execa')
  const child = execa(program, args, {
    stdin: 'pipe',
    stdout: 'pipe',
    stderr: 'pipe',
    buffer: false,
    reject: false,
    detached: true,
    cleanup: true,
    env: { LC_ALL: 'C', SSH_ASKPASS_REQUIRE: 'never' },
  })
  // A program that does not read is no reason for this process to end.
  child.stdin.on('error', () => {})
  child.stdout.on('error', () => {})
  child.stderr.on('error', () => {})
  const kill = () => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
    } catch {
      // It has ended by itself.
    }
  }
  // A master connection that ssh leaves behind for others may keep the outputs open.
  child.once('exit', () =>
    setTimeout(() => [child.stdout, child.stderr].forEach((out) => out.destroy()), GRACE_MS).unref(),
  )
  const ended = child.then((result) => ({
    exitCode: result.exitCode,
    why: result.exitCode === undefined && result.signal === undefined ? result.shortMessage : undefined,
  }))
  return { stdin: child.stdin, stdout: child.stdout, stderr: child.stderr, ended, kill }
}
