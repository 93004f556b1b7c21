import type { CommandRunner } from '../system/command'
import type { HostFiles } from '../system/host_files'
import { remoteCommands } from './remote_command'
import { remoteFiles } from './remote_files'
import { Sessions } from './sessions'
import type { SshOptions, SshTarget } from './ssh_options'

export type { SshOptions, SshTarget } from './ssh_options'

/**
 * A host that has sshd, a POSIX shell and its own tools, and nothing of ours. One session serves all its commands, several at
 * once; the session is built when it is first used, closed when others need its place, and built again by the next use.
 */
export interface RemoteHost {
  /**
   * Runs a program on the host, as `runCommand` does here. What differs:
   * - the environment that is inherited is that of the host's session; `inherits` chooses from it;
   * - `onStart` is never called: the program has no number on this host;
   * - `onOutput` takes the output when the program has ended;
   * - an exit status of 128 + n, n a signal, is told as an end by that signal;
   * - `input` and `leavesNothing` are refused by an Error: no program of a host needs them;
   * - a failure that begins with `unknown: ` says that the program was sent, and that it cannot be known how it ended. It is never
   *   sent again.
   * @throws SshFault when the host cannot be reached, and the program was therefore not begun
   */
  run: CommandRunner
  /** The host's files. @throws SshFault, beside what HostFiles throws */
  files: HostFiles
  /** Logs in, or does nothing where a session is open. @throws SshFault */
  open(signal: AbortSignal): Promise<void>
  /** Resolves with the programs that an earlier process has begun on this host with `outlives`, and that still run. @throws SshFault */
  stillRunning(): Promise<readonly RemoteProgram[]>
  /** Ends the session; programs with `outlives` go on. Nothing can be run after it. */
  close(): Promise<void>
}

/** A program on a host that outlives its session. */
export interface RemoteProgram {
  /** Its name on the host, after `lockstep-`. */
  id: string
  /** The process of the host that its group is named by. */
  pid: number
  /** The program and its first arguments. */
  program: string
}

/** Returns a host that is reached by the user's own ssh. Nothing is begun before its first use. */
export function openRemoteHost(target: SshTarget, options: SshOptions): RemoteHost {
  const sessions = new Sessions(target, options)
  const own = new Set<string>()
  const { clock, askWithinMs } = options
  const never = new AbortController().signal
  return {
    run: remoteCommands({ sessions, clock, askWithinMs, own }),
    files: remoteFiles(sessions),
    open: (signal) => sessions.use(signal, () => Promise.resolve()),
    async stillRunning() {
      const lines = await sessions.use(never, (session) => session.kept())
      return lines.flatMap((line) => {
        const [id = '', pid, name = ''] = line.split(' ')
        return own.has(id) ? [] : [{ id, pid: Number(pid), program: name.replaceAll('+', ' ') }]
      })
    },
    close: () => sessions.close(),
  }
}
