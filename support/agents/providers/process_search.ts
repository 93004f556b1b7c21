import type { CommandRunner } from '../../system/command'
import { complaint, LOOK_WITHIN, toItsEnd } from './programs'

const NO_PROCESSES = 3
/** Bytes of the command lines of processes with one word in them. */
const MAX_BYTES = 16 * 1024 * 1024

/**
 * Prints the command line of each process with a word in it, in hexadecimal digits: a line of a command line may be
 * anything. Processes that end meanwhile are left out.
 */
const SCRIPT = `word=$1$2
set -- /proc/[0-9]*/cmdline
[ -e "$1" ] || exit ${NO_PROCESSES}
for each in $(grep -l -s -F -e "$word" -- "$@"); do
  od -A n -v -t x1 -- "$each" 2>/dev/null
  echo end
done
exit 0`

/**
 * Resolves with whether a process of a host has these arguments, one after the other; undefined where processes cannot be
 * seen. The last of them is looked for in one command.
 */
export async function findProcess(run: CommandRunner, args: readonly string[]): Promise<boolean | undefined> {
  const word = args.at(-1) ?? ''
  // The shell that looks for the word is no process that has it.
  const halves = [word.slice(0, -1), word.slice(-1)]
  const limits = { within: LOOK_WITHIN, outputAtMost: MAX_BYTES }
  const ended = await toItsEnd(run)('sh', ['-c', SCRIPT, 'sh', ...halves], limits)
  if (ended.exitCode === NO_PROCESSES) return undefined
  if (ended.exitCode !== 0) throw complaint('the search of processes', ended, /./)
  const wanted = Buffer.from(`\0${args.join('\0')}\0`)
  return ended.stdout
    .split('end')
    .some((digits) => Buffer.from(digits.replace(/\s/g, ''), 'hex').includes(wanted))
}

/**
 * Prints, for each number, a line that says whether there is a process that may be asked, and the state of each of its
 * threads after the name, which is in parentheses.
 */
const LIVENESS = `LC_ALL=C; export LC_ALL
for pid in "$@"; do
  if why=$(kill -0 "$pid" 2>&1); then there=yes
  else case $why in *ermitted*) there=yes ;; *) there=no ;; esac
  fi
  echo "$pid $there"
  for each in /proc/"$pid"/task/*/stat; do
    [ -e "$each" ] && sed -e ':a' -e '$!{N;ba' -e '}' -e 's/^.*) \\([A-Za-z]\\).*$/thread \\1/' "$each" 2>/dev/null
  done
done
exit 0`

/**
 * Resolves with those of some process numbers whose process goes on. One that was killed, and is kept by the system until
 * its parent asks for it, does not: all its threads have ended. Where a host has no /proc, none of that can be told.
 */
export async function findAlive(run: CommandRunner, pids: readonly number[]): Promise<ReadonlySet<number>> {
  if (pids.length === 0) return new Set()
  const args = ['-c', LIVENESS, 'sh', ...pids.map(String)]
  const ended = await toItsEnd(run)('sh', args, { within: LOOK_WITHIN })
  if (ended.exitCode !== 0) throw complaint('the look at processes', ended, /./)
  const alive = [...ended.stdout.matchAll(/^(\d+) yes\n?((?:thread .\n?)*)/gm)].filter(
    ([, , threads = '']) => {
      const states = [...threads.matchAll(/^thread (.)$/gm)].map(([, state = '']) => state)
      return states.length === 0 || !states.every((state) => ENDED.has(state))
    },
  )
  return new Set(alive.map(([, pid]) => Number(pid)))
}

/** The states of threads that do nothing any more. Source: proc(5) */
const ENDED = new Set(['Z', 'X', 'x'])
