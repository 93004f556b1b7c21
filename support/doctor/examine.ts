import type { Clock } from '../system/clock'
import { formatDuration } from '../system/duration'
import { EXIT, LockstepError } from '../system/errors'
import type { Redact } from '../system/redaction'
import { fail, notChecked, type Check, type Finding } from './check'
import { NotChecked } from './not_checked'
import type { Subject } from './subject'

/** A finding with the name of the check that has it. */
export interface NamedFinding extends Finding {
  check: string
}

/**
 * Carries out all checks at once, and returns their findings in the order of the checks. A check that fails, breaks or
 * does not end keeps no other from looking.
 */
export async function examine(
  checks: readonly Check[],
  subject: Subject,
  { clock, redact }: { clock: Clock; redact: () => Promise<Redact> },
): Promise<NamedFinding[]> {
  const found = await Promise.all(
    checks.map(async (check) => {
      const findings = await findingsOf(check, subject, clock)
      return findings.map((finding): NamedFinding => ({ check: check.name, ...finding }))
    }),
  )
  const hide = await redact()
  return found.flat().map(({ what, mend, paste, ...rest }) => ({
    ...rest,
    what: hide(what),
    ...(mend === undefined ? {} : { mend: hide(mend) }),
    ...(paste === undefined ? {} : { paste: hide(paste) }),
  }))
}

/** Returns the exit status of findings. */
export function judgeFindings(findings: readonly Pick<Finding, 'state'>[]): number {
  return findings.length === 0 || findings.some(({ state }) => state === 'fail') ? EXIT.failed : EXIT.passed
}

async function findingsOf(check: Check, subject: Subject, clock: Clock): Promise<readonly Finding[]> {
  let stop = () => {}
  const tooLate = new Promise<Finding[]>((resolve) => {
    stop = clock.after(check.limitMs, () =>
      resolve([fail(`it was not known within ${formatDuration(check.limitMs)}`, 'look what it waits for')]),
    )
  })
  try {
    const findings = await Promise.race([begun(check, subject), tooLate])
    return findings.length === 0 ? [notChecked('there was nothing to look at')] : findings
  } catch (error) {
    return [findingOf(error)]
  } finally {
    stop()
  }
}

async function begun(check: Check, subject: Subject): Promise<readonly Finding[]> {
  return check.look(subject)
}

function findingOf(error: unknown): Finding {
  if (error instanceof NotChecked) return notChecked(error.message)
  if (error instanceof LockstepError) return fail(error.message)
  return fail(`it could not be looked at: ${error instanceof Error ? error.message : String(error)}`)
}
