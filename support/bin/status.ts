import { resolve } from 'node:path'
import { describeHolder } from '../locks/run_locks'
import { readSetting } from '../config/settings'
import { formatHostLines } from '../reporting/host_lines'
import { groupLeftHosts, putBackByHand, putBackCommand } from '../reporting/put_back_command'
import { foldersIn } from '../run/folders'
import { findLeftHosts, type HostOutOfRotation } from '../rollout/model/out_of_rotation'
import { readRunJournals, type RunJournal, type RunJournals } from '../run/journals'
import { hosts as counted } from '../rollout/model/verdict'
import { formatLockstep, PLACES } from '../system/commands'
import { columnsOf } from '../system/columns'
import { LockstepError } from '../system/errors'
import { systemClock } from '../system/clock'
import type { Holder } from '../locks/lock_store'
import { openLocks } from '../locks/open_locks'
import { isProcessOfRun, rolloutsUnderWay } from '../locks/rollouts_under_way'
import { configPath, surroundingsOf } from '../run/parameters'
import type { Call, Outcome } from './command'
import { formatJson } from './json'

/**
 * Prints the hosts that live runs have left out of rotation, by their journals, and the owners of locks. The exit
 * status is 1 when something is out.
 */
export async function status({ cwd, env, options: { json } }: Call<{ json: boolean }>): Promise<Outcome> {
  const holders = await readHolders(cwd, env)
  // Read behind the locks: a rollout that is not there by them has said all in its journal.
  const state = readState(cwd, env)
  const exitCode = state.out.length + state.faults.length > 0 ? 1 : 0
  const going = runsUnderWay(state, holders, (pid, beganAt) =>
    isProcessOfRun(pid, beganAt, systemClock.now()),
  )
  const text = json
    ? formatDocument(state, holders, going)
    : describeState(state, namesAll(env), going) + describeHolders(holders)
  return { text, exitCode }
}

type IsAlive = Parameters<typeof rolloutsUnderWay>[2]

/** Returns the runs that are under way: they put their hosts back themselves. */
function runsUnderWay(
  { journals }: RunJournals,
  holders: readonly Holder[] | string,
  isAlive: IsAlive,
): ReadonlySet<string> {
  return new Set(rolloutsUnderWay(journals, holders, isAlive).map(({ run }) => run))
}

/** Reads the runs that have locks on hosts of any fleet on this control host, or on those that it shares a database with; or why they are not known. */
async function readHolders(cwd: string, env: Call['env']): Promise<readonly Holder[] | string> {
  try {
    return await openLocks({ config: configPath(surroundingsOf(env), cwd), env }).list()
  } catch (error) {
    // Unknown locks keep no reader from the rest.
    if (error instanceof LockstepError) return error.message
    throw error
  }
}

function describeHolders(holders: readonly Holder[] | string): string {
  return typeof holders === 'string'
    ? `Locks are not known: ${holders}\n`
    : holders.map((holder) => `Locked: ${describeHolder(holder)}\n`).join('')
}

interface State extends RunJournals {
  /** The folder of the journals. */
  folder: string
  out: readonly HostOutOfRotation[]
}

/** Prints the hosts that live runs have left out of rotation, by the journals and the processes of their runs alone. */
export function statusIn(cwd: string, env: Call['env'], isAlive: IsAlive): Outcome {
  const state = readState(cwd, env)
  return {
    text: describeState(state, namesAll(env), runsUnderWay(state, [], isAlive)),
    exitCode: state.out.length + state.faults.length > 0 ? 1 : 0,
  }
}

function readState(cwd: string, env: Call['env']): State {
  const folder = resolve(cwd, foldersIn(env).state, 'live')
  const read = readRunJournals(folder)
  return { ...read, folder, out: findLeftHosts(read.journals) }
}

function namesAll(env: Call['env']): boolean {
  return readSetting(env, 'LOCKSTEP_HOSTS') === 'all'
}

function describeState(
  { folder, journals, faults, out }: State,
  all: boolean,
  going: ReadonlySet<string>,
): string {
  const unknown = faults.map((fault) => `Not everything is known: ${fault}.\n`).join('')
  if (out.length > 0) return unknown + report(out, { journals, all, going })
  if (faults.length > 0) return `${unknown}No journal that can be read names a host that is out.\n`
  return journals.length === 0
    ? `There is no journal of a live run here.\nJournals are looked for in ${folder}.\n`
    : 'Nothing is out of rotation.\n'
}

function formatDocument(
  { out, faults, journals }: State,
  holders: readonly Holder[] | string,
  going: ReadonlySet<string>,
): string {
  return formatJson('lockstep/status/1', {
    out: out.map((item) => ({
      ...item,
      putBack: going.has(item.run) ? null : putBackCommand(item.run, journals),
    })),
    locks: typeof holders === 'string' ? null : holders,
    notKnown: [...faults, ...(typeof holders === 'string' ? [holders] : [])],
  })
}

/** The columns of a line, but for commands: they stand in one line, to be pasted. */
const WIDTH = 80
/** The number of lines that hosts take up, and that of hosts in a command. */
const MAX_LINES = 3
const MAX_IN_COMMAND = 8

function report(
  open: readonly HostOutOfRotation[],
  { journals, all, going }: { journals: readonly RunJournal[]; all: boolean; going: ReadonlySet<string> },
): string {
  let isCut = false
  const lines = [`Out of rotation: ${counted(new Set(open.map(({ host }) => host)).size)}`]
  for (const { first, hosts } of groupLeftHosts(open)) {
    const named = formatHostLines(hosts, WIDTH - 4, all ? Infinity : MAX_LINES)
    isCut ||= named.at(-1)?.endsWith(' more') === true
    const [only = '', ...more] = named
    const short = `  ${first.obligation}: ${only}`
    if (more.length === 0 && columnsOf(short) <= WIDTH) lines.push(short)
    else lines.push(`  ${first.obligation}: ${counted(hosts.length)}`, ...named.map((line) => `    ${line}`))
    lines.push(`    since ${first.since}, by run ${first.run} of ${first.feature}`)
    if (going.has(first.run)) {
      lines.push('    its rollout is under way; this says how hosts are put back once it is over')
      continue
    }
    lines.push(`    put back: ${putBackCommand(first.run, journals)}`)
    const byHand = putBackByHand(first.obligation, hosts, all ? Infinity : MAX_IN_COMMAND)
    if (byHand !== undefined) lines.push(`    or by hand${byHand}`)
  }
  if (isCut) lines.push(`Every host: ${formatLockstep('status --hosts all', PLACES)}`)
  return `${lines.join('\n')}\n`
}
