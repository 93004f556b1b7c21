import { resolve } from 'node:path'
import { describeHolder } from '../locks/run_locks'
import { inRanges } from '../run/host_names'
import { foldersIn } from '../run/folders'
import { findLeftHosts, type HostOutOfRotation } from '../rollout/model/out_of_rotation'
import { readRunJournals, type RunJournal } from '../run/journals'
import { hosts as counted } from '../rollout/model/verdict'
import { formatLockstep, here, PLACES, type Whereabouts } from '../system/commands'
import { LockstepError } from '../system/errors'
import { HostLocks, lockSurroundings } from '../locks/host_locks'
import { groupBy } from '../system/groups'

/**
 * Prints the hosts that live runs have left out of rotation, by their journals, and the owners of locks. The exit
 * status is 1 when something is out.
 */
export async function status(cwd: string): Promise<{ text: string; exitCode: number }> {
  const { text, exitCode } = statusIn(cwd, process.env)
  return { text: text + (await locks()), exitCode }
}

/**
 * Describes the runs that have locks on hosts of any fleet on this control host. Unknown locks keep no reader from the
 * rest.
 */
async function locks(): Promise<string> {
  try {
    const holders = await new HostLocks(lockSurroundings(process.env)).list()
    return holders.map((holder) => `Locked: ${describeHolder(holder)}\n`).join('')
  } catch (error) {
    if (error instanceof LockstepError) return `Locks are not known: ${error.message}\n`
    throw error
  }
}

/** Prints the hosts that live runs have left out of rotation, by the journals alone. */
export function statusIn(
  cwd: string,
  env: Readonly<Record<string, string | undefined>>,
): { text: string; exitCode: number } {
  const { journals, faults } = readRunJournals(resolve(cwd, foldersIn(env).state, 'live'))
  const unknown = faults.map((fault) => `Not everything is known: ${fault}.\n`).join('')
  const open = findLeftHosts(journals)
  if (open.length > 0) return { text: unknown + report(open, journals), exitCode: 1 }
  if (faults.length > 0)
    return { text: `${unknown}No journal that can be read names a host that is out.\n`, exitCode: 1 }
  const nothing =
    journals.length === 0 ? 'There is no journal of a live run here.\n' : 'Nothing is out of rotation.\n'
  return { text: nothing, exitCode: 0 }
}

function report(open: readonly HostOutOfRotation[], journals: readonly RunJournal[]): string {
  const groups = groupBy(open, ({ obligation, run }) => `${obligation} ${run}`)
  const lines = [`Out of rotation: ${counted(new Set(open.map(({ host }) => host)).size)}`]
  for (const group of groups.values()) {
    const [first] = group
    if (first === undefined) continue
    const names = inRanges(group.map(({ host }) => host)).join(', ')
    lines.push(`  ${first.obligation}: ${names}`)
    lines.push(`    since ${first.since}, by run ${first.run} of ${first.feature}`)
    const where = whereaboutsOf(journals.find(({ run }) => run === first.run))
    lines.push(`    put back: ${formatLockstep(`put-back --run ${first.run}`, PLACES, where)}`)
    const address = /^blocks (\S+)$/.exec(first.obligation)?.[1]
    if (address !== undefined) {
      const who = group.map(({ host }) => `-I ${host}`).join(' ')
      lines.push(`    or by hand: mco rpc iptables unblock ipaddr=${address} ${who}`)
    }
  }
  return `${lines.join('\n')}\n`
}

/**
 * Returns where the hosts of a run are reached: by the environment that the run had, whichever this process would
 * choose.
 */
function whereaboutsOf(journal: RunJournal | undefined): Whereabouts {
  const where = here()
  const began = journal?.entries.find((entry) => entry.type === 'run')
  if (began === undefined) return where
  // Without named environments, the environment is the path of a client's configuration.
  const setting = began.environment.includes('/') ? 'MCOLLECTIVE_CONFIG' : 'LOCKSTEP_ENVIRONMENT'
  return { ...where, env: { ...where.env, LOCKSTEP_ENVIRONMENT: undefined, [setting]: began.environment } }
}
