import { pickReason } from '../../system/reason'
import { asking, type PlannableChange } from '../engine/change'
import type { Answer } from '../model/answers'
import { byThen, NOT_KNOWN, type PlannedState } from '../model/planned_state'
import { goesBack, isSameVersion, wouldGoBack, type VersionOrder } from '../model/versions'
import { ensureIn, NOT_INSTALLED, orderIn, packageStatus } from './package_answer'
import { candidatesOn, type Candidate } from './package_candidate'
import { isService } from './services'

/** The words of dpkg for a package with which nothing is wrong; empty where the agent does not know. */
const NO_ERROR = new Set(['ok', ''])
/** The states of dpkg between installed and not installed. */
const INCOMPLETE = new Set(['half-installed', 'half-configured', 'unpacked'])
interface PlannableAround {
  /** Returns the version that a host must not go behind. */
  baselineOf: (host: string, now: string) => string | undefined
  /** Returns whether a line before this one would have refreshed the lists of a host. */
  willRefresh: (host: string) => boolean
}

/**
 * Returns the change that each host's own package manager says it would make. It comes from the agent's `candidate`, or
 * else, as for Ruby's agents, from the list of `checkupdates`. `wanted` is undefined for the newest version.
 */
export function plannablePackage(
  name: string,
  wanted: string | undefined,
  { baselineOf, willRefresh }: PlannableAround,
): PlannableChange {
  let candidates = new Map<string, Candidate>()
  return {
    resource: packageResource(name),
    async ask(hosts, gateway) {
      const answers = await asking(packageStatus(name))(hosts, gateway)
      const there = hosts.filter((host) => answers.outcomes.get(host)?.kind === 'answered')
      candidates = await candidatesOn(there, answers, { name, wanted }, gateway)
      return answers
    },
    plan(answer, host, expected) {
      const has = ensureIn(answer)
      if (has === undefined) return planUnknown(answer)
      const now = byThen(has, expected)
      const candidate = withState(candidates.get(host), answer, name)
      const order = orderIn(answer)
      const plannedState =
        wanted === undefined ? planUpdate(now, candidate, order) : planInstall(now, candidate, wanted, order)
      // Refreshed lists may offer what is not there yet.
      if (candidate?.obstacle !== undefined && plannedState.fails !== undefined && willRefresh(host))
        return { now, to: undefined, remark: `now ${plannedState.fails}` }
      const { fails, to } = plannedState
      const had = baselineOf(host, now)
      if (fails !== undefined || to === undefined || had === undefined) return plannedState
      const isOlder = to === wanted && candidate?.version === undefined ? wouldGoBack : goesBack
      return isOlder(had, to, order) === false
        ? plannedState
        : { ...plannedState, fails: `would go back from ${had} to ${to}` }
    },
    affectsOthers: true,
    // A package may start, stop and restart services as it is installed.
    invalidates: isService,
  }
}

/**
 * Adds what `status` says beyond the version. Puppet's providers tell what dpkg is to do with the package, and what is
 * wrong with it. An agent that names an obstacle itself knows better.
 */
function withState(candidate: Candidate | undefined, answer: Answer, name: string): Candidate | undefined {
  if (answer.kind !== 'answered') return candidate
  const { desired, ensure, mark, error, status } = answer.data
  // Puppet's older providers say `held` in place of a version.
  const isOnHold = desired === 'hold' || mark === 'hold' || ensure === 'held'
  const isBroken = typeof error === 'string' && !NO_ERROR.has(error)
  const broken = isBroken ? `its package manager says of ${name}: ${pickReason(error)}` : undefined
  const obstacle = candidate?.obstacle ?? (isOnHold ? `${name} is on hold` : broken)
  // An installation may complete such a package.
  const incomplete = typeof status === 'string' && INCOMPLETE.has(status) ? `it is ${status}` : undefined
  const remark = candidate?.remark ?? incomplete
  if (obstacle === undefined && remark === undefined) return candidate
  return { version: candidate?.version, obstacle, remark }
}

export function packageResource(name: string): string {
  return `package ${name}`
}

function planUpdate(
  now: string,
  candidate: Candidate | undefined,
  order: VersionOrder | undefined,
): PlannedState {
  if (NOT_INSTALLED.has(now)) {
    const reason = candidate?.obstacle ?? candidate?.remark
    const why = reason === undefined ? '' : ` (${reason})`
    return { now, to: undefined, fails: `${now}: what is not installed is not updated${why}` }
  }
  // Repositories have an older version than the one installed by hand: an update leaves that.
  const isOlder =
    order === 'rpm' && candidate?.version !== undefined && goesBack(now, candidate.version, order) === true
  return isOlder ? { now, to: now } : onItsWay(now, candidate?.version, candidate)
}

function planInstall(
  now: string,
  candidate: Candidate | undefined,
  wanted: string,
  order: VersionOrder | undefined,
): PlannedState {
  if (isSameVersion(now, wanted, order)) return { now, to: now }
  // The whole version is shown where it was asked for without its epoch.
  return onItsWay(now, candidate?.version ?? wanted, candidate)
}

function onItsWay(now: string, to: string | undefined, candidate: Candidate | undefined): PlannedState {
  if (candidate?.obstacle !== undefined) return { now, to, fails: `would not go: ${candidate.obstacle}` }
  return candidate?.remark === undefined ? { now, to } : { now, to, remark: candidate.remark }
}

function planUnknown(answer: Answer): PlannedState {
  const why = answer.kind === 'failed' ? answer.message : 'it does not say'
  return { now: NOT_KNOWN, to: undefined, fails: `does not say which version it has: ${why}` }
}
