import { pickReason } from '../../system/reason'
import { asking } from '../engine/change'
import type { Answer, Answers } from '../model/answers'
import type { HostGateway } from '../model/obligation'
import { formatValue } from '../model/reading'
import { ensureIn, NOT_INSTALLED } from './package_answer'

/** The words of an agent that has no action of this name: mcollectived's by its DDL, or by its code. */
const NO_SUCH_ACTION = /unknown action|no such action|not declared in the DDL/i
/** The architectures with which dnf and yum list packages. */
const ARCHITECTURE = /^(noarch|x86_64|i[3-6]86|aarch64|armv7hl|ppc64(le)?|s390x?|riscv64)$/
/** The exit codes of `checkupdates` on success: 100 is yum's word for "there are some". */
const WENT_WELL: readonly unknown[] = [0, 100, undefined, null]

/** The installation that a host's package manager would carry out, as far as it says. */
export interface Candidate {
  /** The version that would be installed; undefined where the host does not say. */
  version: string | undefined
  /** The obstacle that stands in the way, such as a package that is on hold. */
  obstacle: string | undefined
  /** An obstacle of the moment, which need not be one then. */
  remark: string | undefined
}

/**
 * Asks hosts what their package managers would install. `now` is their answers to `status`; `wanted` is undefined for
 * the newest version.
 */
export async function candidatesOn(
  hosts: readonly string[],
  { outcomes: now }: Answers,
  { name, wanted }: { name: string; wanted: string | undefined },
  gateway: HostGateway,
): Promise<Map<string, Candidate>> {
  const inputs = { package: name, ...(wanted === undefined ? {} : { version: wanted }) }
  const told = await asking({ agent: 'package', action: 'candidate', inputs })(hosts, gateway)
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
  const listed = await asking({ agent: 'package', action: 'checkupdates', inputs: {} })(unsaid, gateway)
  for (const host of unsaid) {
    const newest = findListed(listed.outcomes.get(host), name, ensureIn(now.get(host)))
    candidates.set(host, wanted === undefined ? newest : narrowToWanted(newest, wanted))
  }
  return candidates
}

/**
 * Returns the candidate for a wanted version, by a list of outdated packages that names the newest version alone. Such
 * a list does not say whether a repository offers another version.
 */
function narrowToWanted(newest: Candidate, wanted: string): Candidate {
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
function findListed(answer: Answer | undefined, name: string, now: string | undefined): Candidate {
  const data = answer?.kind === 'answered' ? answer.data : {}
  const list = WENT_WELL.includes(data['exitcode']) ? data['outdated_packages'] : undefined
  if (!Array.isArray(list))
    return { version: undefined, obstacle: undefined, remark: describeUnlisted(answer) }
  const entry = list.find(
    (each): each is Record<string, unknown> => isRecord(each) && isCalled(formatValue(each['package']), name),
  )
  const newest = now === undefined || NOT_INSTALLED.has(now) ? undefined : now
  return {
    version: entry === undefined ? newest : formatValue(entry['version']),
    obstacle: undefined,
    remark: undefined,
  }
}

/** Returns the host's own reason for not saying what is outdated. */
function describeUnlisted(answer: Answer | undefined): string | undefined {
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

function megabytes(bytes: number): string {
  return `${Math.ceil(bytes / 1_000_000)} MB`
}
