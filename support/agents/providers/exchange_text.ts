import type { CommandRunner } from '../../system/command'
import { complaint, LOOK_WITHIN, toItsEnd } from './programs'

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

/** The exit status of an exchange that found something else in the place of what was read. */
const CHANGED = 75

/**
 * Exchanges the file's text under a lock that the host's kernel has, and that ends with its process: all who ask, over all
 * roads, come one after the other. The new text is on disk before the file is replaced, and its folder afterwards.
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
