import type { CommandRunner } from '../../system/command'
import { readTexts } from '../../system/host_texts'
import type { KeptLease, Lease, LeaseStore } from '../lock'
import { complaint, LOOK_WITHIN, toItsEnd } from './programs'

/** The exit status of an exchange that found something else in the place of what was read. */
const CHANGED = 75

/**
 * Exchanges the file's text under a lock that the host's kernel has, and that ends with its process: whoever asks, over
 * whichever road, there is one order. The new text is on disk before the file is replaced, and its folder afterwards.
 * Arguments: the file, `there` or `away` with the text that was read, `put` or `clear` with the next one.
 */
const SCRIPT = `set -u
file=$1 was=$2 text=$3 do=$4 next=$5
folder=$(dirname -- "$file") || exit
umask 077
mkdir -p -- "$folder" || exit
exec 9>>"$file.lock" || exit
flock 9 || exit
if [ -e "$file" ] || [ -L "$file" ]; then is=there; else is=away; fi
[ "$is" = "$was" ] || exit ${CHANGED}
if [ "$is" = there ]; then
  now=$(cat -- "$file" && printf x) || exit
  [ "$now" = "$text"x ] || exit ${CHANGED}
fi
if [ "$do" = put ]; then
  printf '%s' "$next" >"$file.next" || exit
  sync -- "$file.next" || exit
  mv -f -- "$file.next" "$file" || exit
else
  rm -f -- "$file" || exit
fi
sync -- "$folder"`

/**
 * Returns a store with the lease in a file of the host that programs are run on. The file is replaced as a whole, and is
 * on disk before a rollout learns that it has the lease.
 */
export function leaseFile(path: string, run: CommandRunner): LeaseStore {
  return {
    async read() {
      const text = (await readTexts(run, [path])).get(path)
      if (text instanceof Error) throw unreadable(path, text)
      return { text, lease: text === undefined ? undefined : leaseIn(path, text) }
    },
    exchange: ({ text }: KeptLease, next) =>
      exchangeText(
        run,
        { called: 'the lease', path },
        text,
        next === undefined ? undefined : `${JSON.stringify(next)}\n`,
      ),
  }
}

/**
 * Puts a text of a host, or none, in the place of the one that was read. Resolves with false where another one is there
 * by now, which stays. The texts are those of few bytes: they are arguments of a program.
 */
export async function exchangeText(
  run: CommandRunner,
  { called, path }: { called: string; path: string },
  text: string | undefined,
  next: string | undefined,
): Promise<boolean> {
  const was = text === undefined ? ['away', ''] : ['there', text]
  const then = next === undefined ? ['clear', ''] : ['put', next]
  const args = ['-c', SCRIPT, 'sh', path, ...was, ...then]
  const ended = await toItsEnd(run)('sh', args, { within: LOOK_WITHIN })
  if (ended.exitCode !== 0 && ended.exitCode !== CHANGED)
    throw complaint(`the exchange of ${called}`, ended, /./)
  return ended.exitCode === 0
}

/**
 * Reads the lease out of a file's text.
 * @throws Error for a file that is no lease: the owner of the host is not known then, and no rollout gets it
 */
function leaseIn(path: string, text: string): Lease {
  let found: unknown
  try {
    found = JSON.parse(text)
  } catch {
    // The error is thrown below.
  }
  const lease = (typeof found === 'object' ? found : null) as Partial<Lease> | null
  const texts = [lease?.run, lease?.owner, lease?.feature]
  const times = [lease?.since, lease?.until]
  if (
    lease === null ||
    !texts.every((each) => typeof each === 'string') ||
    !times.every((each) => Number.isInteger(each))
  )
    throw unreadable(path)
  return lease as Lease
}

function unreadable(path: string, cause?: Error): Error {
  return new Error(
    `the lease of this host cannot be read; look at ${path}, and remove it if no rollout runs`,
    { cause },
  )
}
