import type { CommandRunner } from '../../system/command'
import { complaint, LOOK_WITHIN, toItsEnd } from './programs'

/** Prints the date of each index of a folder. An index without one prints nothing; one that cannot be read ends it. */
const SCRIPT = `for each in "$1"/*_InRelease "$1"/*_Release; do
  [ -e "$each" ] || continue
  grep -h '^Date:' -- "$each" | head -n 1
  [ -r "$each" ] || exit 1
done
exit 0`

/**
 * Resolves with when the oldest of apt's indexes was made by its repository, in seconds since 1970; undefined where none
 * says. `folder` is where apt keeps them.
 */
export async function oldestIndex(run: CommandRunner, folder: string): Promise<number | undefined> {
  const ended = await toItsEnd(run)('sh', ['-c', SCRIPT, 'sh', folder.replace(/\/+$/, '')], {
    within: LOOK_WITHIN,
  })
  if (ended.exitCode !== 0) throw complaint('grep', ended, /./)
  const known = [...ended.stdout.matchAll(/^Date: *(.+)$/gm)]
    .map(([, date = '']) => Date.parse(date))
    .filter(Number.isFinite)
  return known.length === 0 ? undefined : Math.floor(Math.min(...known) / 1000)
}
