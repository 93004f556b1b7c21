import { existsSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { lockDirectory } from '../../locks/lock_context'
import type { Holder } from '../../locks/lock_store'
import { claimsOf, openLocks } from '../../locks/open_locks'
import { describeHolder } from '../../locks/run_locks'
import { MODES } from '../../run/modes'
import { formatLockstep, PLACES } from '../../system/commands'
import { JOURNAL_SUFFIX } from '../../system/journal_lines'
import { configPath } from '../../run/parameters'
import { ok, warn, type Check, type Finding } from '../check'

/** Looks whether a rollout that is gone has left locks on hosts, and whether shared ones can be taken. */
export const locks: Check = {
  name: 'locks',
  limitMs: 30_000,
  async look({ context, cwd }) {
    const { env, folders } = context
    const config = configPath(context, cwd)
    const claims = claimsOf(config, env)
    await claims?.prove()
    const directory = lockDirectory(env)
    // The folder is made by the first rollout: to list its locks would make it.
    if (claims === undefined && statSync(directory, { throwIfNoEntry: false }) === undefined)
      return [ok(`there is none: no rollout has made ${directory} yet`)]
    const journals = resolve(cwd, folders.state, MODES.live.journals)
    const found = judgeLocks(await openLocks({ config, env }).list(), (run) =>
      existsSync(join(journals, `${run}${JOURNAL_SUFFIX}`)),
    )
    return claims === undefined ? found : [ok(`locks can be taken in ${claims.name}`), ...found]
  },
}

/**
 * Judges the locks that are there. One of a rollout that is under way is as it should be. `isKnown` says whether the
 * journal of a run is here: what it has left can be put back from here alone.
 */
export function judgeLocks(holders: readonly Holder[], isKnown: (run: string) => boolean): Finding[] {
  const stale = holders.filter(({ state }) => state !== 'alive')
  if (stale.length > 0)
    return stale.map((holder) => {
      const what = `left behind: ${describeHolder(holder)}`
      return isKnown(holder.run)
        ? warn(
            what,
            'if nothing of it runs, put back what it has left:',
            formatLockstep(`put-back --run ${holder.run}`, PLACES),
          )
        : warn(
            what,
            'its journal is not here: look where it was begun, then take the lock in the next rollout:',
            `LOCKSTEP_TAKE_LOCK='why it may be taken'`,
          )
    })
  const [first] = holders
  if (first === undefined) return [ok('there is none')]
  return holders.map((holder) => ok(`a rollout is under way: ${describeHolder(holder)}`))
}
