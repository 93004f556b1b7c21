import { runCommand, type CommandResult } from '../system/command'
import type { Surroundings } from './checker'
import { MAX_PROGRAM_MEMORY_MB } from './limits'

/**
 * A script of sh that runs a program with a limit of memory and of the files that it writes, and without a core. Both
 * outputs are one, so that they are read in the order in which they were written.
 */
const LIMITED = 'ulimit -v "$0" && ulimit -f 2048 && ulimit -c 0 && exec "$@" 2>&1'
const MAX_OUTPUT = 64 * 1024 * 1024

/**
 * Runs a program of this server over files of a push, in their folder. Its time, memory and output are bounded, and it
 * inherits no variable: neither a library nor a setting of the person who pushes is loaded by it.
 */
export function runLimited(
  command: readonly string[],
  { folder, signal }: Surroundings,
  path: string,
): Promise<CommandResult> {
  return runCommand('/bin/sh', ['-c', LIMITED, String(MAX_PROGRAM_MEMORY_MB * 1024), ...command], {
    cwd: folder,
    signal,
    inherits: () => false,
    // Puppet writes what it says in this encoding.
    env: { PATH: path, HOME: folder, LC_ALL: 'C.UTF-8', LANG: 'C.UTF-8' },
    outputAtMost: MAX_OUTPUT,
  })
}
