import { pickReason } from '../../system/reason'
import { byThen, NOT_KNOWN, type PlannableChange, type PlannedState } from '../engine/plan_change'
import { lookWith, shown } from '../engine/observe'
import type { Answers } from '../model/answers'
import type { Answer } from '../model/answers'
import type { Rollout } from '../rollout'
import { isService } from './services'
import { goesBack, orderOf, type VersionOrder } from '../model/versions'

const NOT_INSTALLED = new Set(['absent', 'purged'])
/** The words of an agent that has no action of this name: mcollectived's by its DDL, or by its code. */
const NO_SUCH_ACTION = /unknown action|no such action|not declared in the DDL/i
/** The words of dpkg for a package with which nothing is wrong; empty where the agent does not know. */
const NO_ERROR = new Set(['ok', ''])
/** The states of dpkg between installed and not installed. */
const INCOMPLETE = new Set(['half-installed', 'half-configured', 'unpacked'])
/** The architectures with which dnf and yum list packages. */
const ARCHITECTURE = /^(noarch|x86_64|i[3-6]86|aarch64|armv7hl|ppc64(le)?|s390x?|riscv64)$/
/** The exit codes of `checkupdates` when it went well: 100 is yum's word for "there are some". */
const WENT_WELL: readonly unknown[] = [0, 100, undefined, null]

/** The installation that a host's package manager would carry out, as far as it says. */
interface Candidate {
  /** The version that would be installed; undefined where the host does not say. */
  version: string | undefined
  /** The obstacle that stands in the way, such as a package that is on hold. */
  obstacle: string | undefined
  /** An obstacle of the moment, which need not be one then. */
  remark: string | undefined
}

/**
 * Returns the change that each host's own package manager says it would make. It is told by the agent's `candidate`, or
 * else, as for Ruby's agents, by what `checkupdates` lists. `wanted` is undefined for the newest version.
 */
export function plannablePackage(
  rollout: Rollout,
  name: string,
  wanted: string | undefined,
): PlannableChange {
  const status = lookWith(rollout, { agent: 'package', action: 'status', inputs: { package: name } })
  let candidates = new Map<string, Candidate>()
  return {
    resource: packageResource(name),
    async look(hosts) {
      const answers = await status(hosts)
      const there = hosts.filter((host) => answers.outcomes.get(host)?.kind === 'answered')
      candidates = await candidatesOn(rollout, answers, there, name, wanted)
      return answers
    },
    plan(answer, host, expected) {
      const has = ensureIn(answer)
      if (has === undefined) return unsaid(answer)
      const now = byThen(has, expected)
      const candidate = withState(candidates.get(host), answer, name)
      const order = orderOf(answer.kind === 'answered' ? answer.data['provider'] : undefined)
      const plannedState =
        wanted === undefined ? updated(now, candidate, order) : installed(now, candidate, wanted)
      const { fails, to } = plannedState
      const had = rollout.packages.plannedBaseline(name, host, now)
      if (fails !== undefined || to === undefined || had === undefined) return plannedState
      return goesBack(had, to, order) === false
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

function updated(
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

function installed(now: string, candidate: Candidate | undefined, wanted: string): PlannedState {
  if (now === wanted) return { now, to: wanted }
  // The whole version is told where it was asked for without its epoch.
  return onItsWay(now, candidate?.version ?? wanted, candidate)
}

function onItsWay(now: string, to: string | undefined, candidate: Candidate | undefined): PlannedState {
  if (candidate?.obstacle !== undefined) return { now, to, fails: `would not go: ${candidate.obstacle}` }
  return candidate?.remark === undefined ? { now, to } : { now, to, remark: candidate.remark }
}

async function candidatesOn(
  rollout: Rollout,
  { outcomes: now }: Answers,
  hosts: readonly string[],
  name: string,
  wanted: string | undefined,
): Promise<Map<string, Candidate>> {
  const inputs = { package: name, ...(wanted === undefined ? {} : { version: wanted }) }
  const told = await rollout.ask({ agent: 'package', action: 'candidate', inputs, mutating: false }, hosts)
  const candidates = new Map<string, Candidate>()
  const others: string[] = []
  for (const host of hosts) {
    const answer = told.outcomes.get(host)
    if (answer?.kind === 'answered') candidates.set(host, candidateIn(answer.data))
    else if (answer?.kind === 'failed' && !NO_SUCH_ACTION.test(answer.message))
      candidates.set(host, { version: undefined, obstacle: answer.message, remark: undefined })
    else others.push(host)
  }
  const unsaid = others.filter((host) => wanted === undefined || ensureIn(now.get(host)) !== wanted)
  if (unsaid.length === 0) return candidates
  const listed = await lookWith(rollout, { agent: 'package', action: 'checkupdates', inputs: {} })(unsaid)
  for (const host of unsaid) {
    const newest = listedIn(listed.outcomes.get(host), name, ensureIn(now.get(host)))
    candidates.set(host, wanted === undefined ? newest : asked(newest, wanted))
  }
  return candidates
}

/**
 * Returns the candidate for a wanted version, by a list of outdated packages that names the newest version alone. Such
 * a list does not say whether a repository offers another version.
 */
function asked(newest: Candidate, wanted: string): Candidate {
  if (newest.version === wanted) return newest
  const remark = `it cannot say whether a repository offers ${wanted}`
  return { version: undefined, obstacle: newest.obstacle, remark }
}

function candidateIn(data: Record<string, unknown>): Candidate {
  const text = (key: string) => (typeof data[key] === 'string' && data[key] !== '' ? data[key] : undefined)
  const [locked, needs, free] = [text('locked'), data['needs'], data['free']]
  const isFull = typeof needs === 'number' && typeof free === 'number' && needs > free
  const full = `it needs ${megabytes(Number(needs))} and ${megabytes(Number(free))} are free`
  return {
    version: text('candidate'),
    obstacle: text('obstacle') ?? (isFull ? full : undefined),
    remark: locked === undefined ? undefined : `its package database is ${locked}`,
  }
}

/** Returns the candidate in a list of outdated packages; a package that it does not name is the newest already. */
function listedIn(answer: Answer | undefined, name: string, now: string | undefined): Candidate {
  const data = answer?.kind === 'answered' ? answer.data : {}
  const list = WENT_WELL.includes(data['exitcode']) ? data['outdated_packages'] : undefined
  if (!Array.isArray(list)) return { version: undefined, obstacle: undefined, remark: unlisted(answer) }
  const entry = list.find(
    (each): each is Record<string, unknown> => isRecord(each) && isCalled(shown(each['package']), name),
  )
  const newest = now === undefined || NOT_INSTALLED.has(now) ? undefined : now
  return {
    version: entry === undefined ? newest : shown(entry['version']),
    obstacle: undefined,
    remark: undefined,
  }
}

/** Returns the host's own reason for not saying what is outdated. */
function unlisted(answer: Answer | undefined): string | undefined {
  if (answer?.kind === 'failed')
    return NO_SUCH_ACTION.test(answer.message) ? undefined : `it cannot say what is newer: ${answer.message}`
  const output = answer?.kind === 'answered' ? answer.data['output'] : undefined
  return typeof output === 'string' && output.trim() !== ''
    ? `it cannot say what is newer: ${pickReason(output)}`
    : undefined
}

function isCalled(listed: string, name: string): boolean {
  return (
    listed === name || (listed.startsWith(`${name}.`) && ARCHITECTURE.test(listed.slice(name.length + 1)))
  )
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

function ensureIn(answer: Answer | undefined): string | undefined {
  return answer?.kind === 'answered' && typeof answer.data['ensure'] === 'string'
    ? answer.data['ensure']
    : undefined
}

function unsaid(answer: Answer): PlannedState {
  const why = answer.kind === 'failed' ? answer.message : 'it does not say'
  return { now: NOT_KNOWN, to: undefined, fails: `does not say which version it has: ${why}` }
}

function megabytes(bytes: number): string {
  return `${Math.ceil(bytes / 1_000_000)} MB`
}
