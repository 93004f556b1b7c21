import { SETTINGS, type Setting } from '../config/settings_table'
import type { HostOutOfRotation } from '../rollout/model/out_of_rotation'
import type { RunJournal } from '../run/journals'
import { formatLockstep, here, PLACES, quoteWord, type Whereabouts } from '../system/commands'
import { groupBy } from '../system/groups'

/** Returns the command that puts back what a run has taken out. */
export function putBackCommand(run: string, journals: readonly RunJournal[]): string {
  const where = whereaboutsOf(journals.find((each) => each.run === run))
  // Flags say where the hosts are, and variables only what no flag says.
  const flags = PLACES.flatMap((name) => {
    const [flag, value] = [flagOf(name), where.env[name]]
    return flag === undefined || !value ? [] : [`--${flag} ${quoteWord(value)}`]
  })
  const others = PLACES.filter((name) => flagOf(name) === undefined)
  return formatLockstep([`put-back --run ${run}`, ...flags].join(' '), others, where)
}

function flagOf(name: string): string | undefined {
  return Object.entries<Setting>(SETTINGS).find(([setting]) => setting === name)?.[1].flag
}

/**
 * Returns where the hosts of a run are reached: by the environment that the run had, whichever this process would
 * choose.
 */
function whereaboutsOf(journal: RunJournal | undefined): Whereabouts {
  const where = here()
  return { ...where, env: { ...where.env, ...environmentOfRun(journal) } }
}

/** Returns the settings by which another process reaches the hosts of a run; none where its journal does not tell. */
export function environmentOfRun(
  journal: RunJournal | undefined,
): Readonly<Record<string, string | undefined>> {
  const began = journal?.entries.find((entry) => entry.type === 'run')
  if (began === undefined) return {}
  // Without named environments, the environment is the path of a client's configuration.
  const setting = began.environment.includes('/') ? 'MCOLLECTIVE_CONFIG' : 'LOCKSTEP_ENVIRONMENT'
  return { LOCKSTEP_ENVIRONMENT: undefined, [setting]: began.environment }
}

/** The hosts that one run has left out of rotation for one obligation. */
export interface LeftHosts {
  first: HostOutOfRotation
  hosts: readonly string[]
}

/** Groups hosts that are out by the obligation and the run that took them out. */
export function groupLeftHosts(open: readonly HostOutOfRotation[]): LeftHosts[] {
  return [...groupBy(open, ({ obligation, run }) => `${obligation} ${run}`).values()].flatMap((group) => {
    const [first] = group
    return first === undefined ? [] : [{ first, hosts: group.map(({ host }) => host) }]
  })
}

/** Returns the end of a line that says how a person puts hosts back without Lockstep; undefined where it takes Lockstep. */
export function putBackByHand(
  obligation: string,
  hosts: readonly string[],
  most: number,
): string | undefined {
  const address = /^blocks (\S+)$/.exec(obligation)?.[1]
  if (address === undefined) return undefined
  const isShort = hosts.length <= most
  const who = isShort ? hosts.map((host) => `-I ${host}`).join(' ') : '-I HOST'
  const which = isShort ? '' : ', for each HOST of them'
  return `${which}: mco rpc iptables unblock ipaddr=${address} ${who}`
}
