import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { runCommand, type CommandRunner } from '../system/command'

/** Another host for tests: with files of its own in a folder, and with the programs of this one. */
export interface NamespaceHost {
  run: CommandRunner
  stop(): Promise<void>
}

/**
 * Starts a host of which a folder is its own: what this process has there, the host does not see, and the other way round.
 * Only root can.
 */
export async function startNamespaceHost(folder: string): Promise<NamespaceHost> {
  const script = 'mount -t tmpfs -o mode=755 tmpfs "$1" && echo ready && exec cat'
  const child = spawn('unshare', ['--mount', '--propagation', 'private', 'sh', '-c', script, 'sh', folder], {
    // It ends with its standard input: when this process does.
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const ended = once(child, 'exit')
  await Promise.race([
    once(child.stdout, 'data'),
    ended.then(() => Promise.reject(new Error('the host of a namespace could not be made'))),
  ])
  return {
    run: (program, args, { cwd = '/', ...limits }) => {
      const within = [
        '--target',
        String(child.pid),
        '--mount',
        'sh',
        '-c',
        'cd -- "$1" && shift && exec "$@"',
      ]
      return runCommand('nsenter', [...within, 'sh', cwd, program, ...args], limits)
    },
    async stop() {
      child.kill('SIGKILL')
      await ended
    },
  }
}
