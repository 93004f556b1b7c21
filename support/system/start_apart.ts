import { closeSync, openSync } from 'node:fs'

export interface Apart {
  cwd: string
  env: Readonly<Record<string, string>>
  /** The file that gets both outputs. */
  output: string
}

/**
 * Starts a program in a session of its own, never through a shell, and leaves it to itself: it goes on when this process
 * ends or is killed. Resolves once it runs; what keeps it from running stands in its output.
 */
export async function startApart(program: string, args: readonly string[], apart: Apart): Promise<void> {
  const { cwd, env, output } = apart
  const { execa } = await import('execa')
  const file = openSync(output, 'a', 0o660)
  try {
    const descriptor = file as 3
    const child = execa(program, args, {
      stdin: 'ignore',
      stdout: descriptor,
      stderr: descriptor,
      buffer: false,
      reject: false,
      detached: true,
      cleanup: false,
      extendEnv: false,
      cwd,
      env,
    })
    child.unref()
    if (child.pid === undefined) await child
  } finally {
    closeSync(file)
  }
}
