import { shortId } from '../../system/git_names'
import { isOfRelease, judgeMove } from './code_version'
import type { PuppetChange, PuppetReport } from './puppet_report'
import type { Reading } from './reading'

const MAX_NAMED = 5
/** The words of puppet for a catalog that its server has just compiled, or that the run was to take. */
const FRESH = 'not_used'

/** Returns whether a run came to its end with a catalog of its server's. It may have failed on resources. */
export function judgeEnd(report: PuppetReport, noop: boolean): Reading {
  const fault = faultOf(report)
  if (fault !== undefined) return { passed: false, seen: fault }
  if (report.noop !== noop)
    return {
      passed: false,
      seen: report.noop
        ? 'ran in noop, and changed nothing: its own configuration says so'
        : 'ran and changed the host, though noop was asked for',
    }
  const against = describeAgainst(report)
  if (noop && against !== undefined) return { passed: false, seen: against }
  const failures = report.failedCount === 0 ? '' : `, ${count(report.failedCount, 'resource')} failed`
  const changes = count(report.changesCount, 'change')
  const what = noop ? `ran in noop: ${changes} would be made` : `ran: ${changes} made`
  const left = [against, describeSkipped(report)]
    .flatMap((each) => (each === undefined ? [] : [`; ${each}`]))
    .join('')
  return { passed: true, seen: `${what}${failures} (${versionOf(report)})${left}` }
}

/** Returns whether a run applied a release, and left nothing of it out. */
export function judgeApplied(report: PuppetReport, release: string): Reading {
  const fault = faultOf(report)
  if (fault !== undefined) return { passed: false, seen: fault }
  const seen = versionOf(report)
  if (!isOfRelease(report.configVersion, release)) return { passed: false, seen }
  const failures = judgeFailures(report)
  const left = failures.passed ? (describeSkipped(report) ?? describeAgainst(report)) : failures.seen
  return left === undefined ? { passed: true, seen } : { passed: false, seen: `${seen}, but ${left}` }
}

/**
 * Judges a run of a host that may not go back to older code: `last` is the version of its last report, before this run.
 * A version without an order never passes.
 */
export function refuseOlderCode(last: string, next: string, reading: Reading): Reading {
  const move = judgeMove(last, next)
  if (!reading.passed || move === 'same' || move === 'forward') return reading
  const [from, to] = [last || 'no version', next || 'no version']
  return {
    passed: false,
    seen:
      move === 'back'
        ? `went back from ${from} to ${to}: its master serves older code`
        : `ran; whether ${to} is older than ${from}, which it had, is not known`,
  }
}

/** Returns whether no resource failed in a run, by a report that is whole. */
export function judgeFailures(report: PuppetReport): Reading {
  const fault = faultOf(report)
  if (fault !== undefined) return { passed: false, seen: fault }
  const { failed, failedCount, unrestartedCount, status } = report
  if (failedCount > 0) return { passed: false, seen: `failed on ${name(failed, failedCount)}` }
  if (unrestartedCount > 0)
    return { passed: false, seen: `${count(unrestartedCount, 'resource')} did not restart` }
  if (status !== 'changed' && status !== 'unchanged')
    return { passed: false, seen: `its run ended as ${status || 'nothing'}, and names no resource` }
  return { passed: true, seen: report.noop ? 'would fail on no resource' : 'failed on no resource' }
}

/** Returns whether a noop run would change no more than is allowed. A change that was left out is never allowed. */
export function judgeChanges(report: PuppetReport, allowed: readonly PuppetChange[]): Reading {
  if (!report.noop)
    return { passed: false, seen: 'its last run was not in noop: what it would change is not known' }
  const failures = judgeFailures(report)
  if (!failures.passed) return failures
  const left = describeAgainst(report) ?? describeSkipped(report)
  if (left !== undefined) return { passed: false, seen: left }
  const isAllowed = (each: PuppetChange) =>
    allowed.some(({ resource, change }) => resource === each.resource && change === each.change)
  const odd = report.changes.filter((each) => !isAllowed(each))
  const leftOut = report.changesCount - report.changes.length
  if (odd.length > 0 || leftOut !== 0) {
    const total = odd.length + Math.max(leftOut, 0)
    const named = odd.slice(0, MAX_NAMED).map(describeChange)
    const rest = total - named.length
    return {
      passed: false,
      seen: `would ${allowed.length === 0 ? '' : 'also '}change ${[...named, ...(rest > 0 ? [`${rest} more`] : [])].join('; ')}`,
    }
  }
  if (report.changes.length === 0) return { passed: true, seen: 'would change nothing' }
  return { passed: true, seen: `would change ${report.changes.map(describeChange).join('; ')}` }
}

/** Returns why nothing follows from a run; undefined where it applied all of a catalog of its server's. */
export function faultOf({
  catalog,
  completed,
  configVersion,
  status,
  code,
  resources,
}: PuppetReport): string | undefined {
  if (catalog === 'on_failure')
    return `its server gave it no catalog: it applied the one that it had kept (${configVersion || 'no version'})`
  if (catalog === 'explicitly_requested')
    return `applied the catalog that it had kept (${configVersion || 'no version'}): it asked its server for none`
  if (!completed)
    return configVersion === ''
      ? `its run had no catalog, and ended as ${status || 'nothing'}: no server answered, it refused the certificate of the host, or the code did not compile. The host's own log of puppet says which`
      : `its run was ended before it had applied its catalog (${configVersion})`
  if (catalog !== FRESH) return 'its report does not say where its catalog came from'
  // A folder that was mistaken for the code has none, and a run of it changes nothing.
  return code !== undefined && resources === 0
    ? `the code of ${code.name} has no resource for it: nothing was applied`
    : undefined
}

/** Returns which resources did otherwise than the run: the code sets noop for them, which no line overrides. */
function describeAgainst({ noop, againstNoop, againstNoopCount }: PuppetReport): string | undefined {
  if (againstNoopCount === 0) return undefined
  const names = name(againstNoop, againstNoopCount)
  return noop
    ? `changed ${names} though it ran in noop: its code sets noop => false there`
    : `left ${names} in noop, as its code says`
}

/** Returns which resources were not looked at. A schedule also skips what a run in noop has looked at in its period. */
function describeSkipped({ skipped, skippedCount }: PuppetReport): string | undefined {
  if (skippedCount === 0) return undefined
  return `skipped ${name(skipped, skippedCount)}: by tags, by a schedule, or because another failed`
}

export function versionOf({ configVersion, code }: PuppetReport): string {
  const version = configVersion === '' ? 'no version' : configVersion
  return code === undefined || version === digestVersion(code.digest)
    ? version
    : `${version}, sha256:${shortId(code.digest)}`
}

/** Returns the version of code that has none of its own. */
export function digestVersion(digest: string): string {
  return `sha256:${digest}`
}

function describeChange({ resource, change }: PuppetChange): string {
  return `${resource}: ${change}`
}

function name(names: readonly string[], total: number): string {
  const shown = names.slice(0, MAX_NAMED)
  return total > shown.length ? `${shown.join(', ')} and ${total - shown.length} more` : shown.join(', ')
}

function count(n: number, what: string): string {
  return `${n} ${what}${n === 1 ? '' : 's'}`
}
