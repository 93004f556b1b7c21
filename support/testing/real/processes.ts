import { spawn, type ChildProcess } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'

export { freePort } from './ports'

/** A program that a suite has started, in a process group of its own; its output goes to `log`. */
export interface Running {
  child: ChildProcess
  log: string
  /** Ends exactly this program and the programs that it has started. */
  stop(signal?: NodeJS.Signals): Promise<void>
}

const STOP_WITHIN = 10_000

// A fleet on one machine has more programs that wait for this process to end than Node expects.
process.setMaxListeners(50)

export function start(
  command: string,
  args: readonly string[],
  log: string,
  env: Readonly<Record<string, string>> = {},
): Running {
  const output = openSync(log, 'a')
  // The program and those that it starts end with this process, however that ends.
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', command, ...args], {
    env: { ...process.env, ...env },
    detached: true,
    stdio: ['ignore', output, output],
  })
  closeSync(output)
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve())
    child.once('error', () => resolve())
  })
  const kill = (signal: NodeJS.Signals) => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, signal)
    } catch {
      // The program has ended by itself.
    }
  }
  const onExit = () => kill('SIGKILL')
  process.once('exit', onExit)
  return {
    child,
    log,
    async stop(signal = 'SIGTERM') {
      kill(signal)
      const late = setTimeout(() => kill('SIGKILL'), STOP_WITHIN)
      if (child.exitCode === null && child.signalCode === null) await ended
      clearTimeout(late)
      kill('SIGKILL')
      process.off('exit', onExit)
    },
  }
}

/**
 * Asks until the answer is yes.
 * @throws Error with the end of the program's log when it takes too long, or has ended
 */
export async function untilReady(
  what: string,
  running: Running,
  test: () => Promise<boolean>,
  within: number,
): Promise<void> {
  const until = Date.now() + within
  while (!(await test())) {
    const hasEnded = running.child.exitCode !== null
    if (Date.now() > until || hasEnded) {
      const why = hasEnded ? 'ended before it was ready' : `was not ready within ${within / 1000} s`
      throw new Error(
        `${what} ${why}; the end of its log:\n${readFileSync(running.log, 'utf8').slice(-2000)}`,
      )
    }
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}
