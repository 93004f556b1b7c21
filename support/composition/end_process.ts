import { endedEarly } from '../run/team_faults'
import { EXIT } from '../system/errors'
import { decideExitStatus } from '../system/exit_status'
import { beforeLeaving, leaveSoon, type Leaving } from '../system/leaving'
import { describeUnwritten, writeNow } from '../system/output'
import { documentOf, finishReports } from './finish_reports'
import type { Session } from './session'

interface Ending {
  /** True for a run that only reads features. */
  isReading: boolean
  stderr: NodeJS.WritableStream
  /** Makes up for the checks that the run has not come to. */
  check: () => void
  isUnderWay: () => boolean
}

/**
 * Lets the end of the process write the reports of its run, and the run decide the exit status of the process. Returns
 * what the last message of the run has to wait for.
 */
export function endProcessWith(
  own: Session,
  { isReading, stderr, check, isUnderWay }: Ending,
): () => Promise<void> {
  const { run, surroundings, begunWith } = own
  const isForPrograms = begunWith?.json === true
  let [hasEnded, isWritten] = [false, true]
  const end = () => {
    if (hasEnded) return
    hasEnded = true
    check()
    if (isUnderWay()) cutOff(own, stderr)
    const { env, folders } = surroundings
    const write = (text: string) => void (isForPrograms ? process.stderr : process.stdout).write(text)
    finishReports(run, isReading, { reports: folders.reports, env, cwd: process.cwd(), write })
    if (isForPrograms) isWritten = writeDocument(documentOf(run, isReading))
  }
  const statusOf = (code: number | string | null | undefined) =>
    run.exitCode === 0 && !isWritten && !code ? EXIT.failed : run.exitCode
  process.once('exit', end)
  beforeLeaving(process as unknown as Leaving, (code) => {
    end()
    return statusOf(code) === 0 ? code : statusOf(code)
  })
  decideExitStatus(process, () => {
    end()
    const status = statusOf(process.exitCode)
    if (status !== 0) process.exitCode = status
  })
  return async () => {
    await own.composition?.tellEnd()
    if (own.hasExtensions) leaveSoon(process)
  }
}

/** Writes the document for programs. Returns false where it cannot be written: no document must not look like success. */
function writeDocument(pieces: Iterable<string>): boolean {
  try {
    writeNow(process.stdout.fd, pieces)
    return true
  } catch (error) {
    process.stderr.write(`lockstep: the document cannot be written: ${describeUnwritten(error)}\n`)
    return false
  }
}

/** Writes down what is known of a run whose process ends in mid-run; such a run is no success. */
function cutOff({ run, composition }: Session, stderr: NodeJS.WritableStream): void {
  // A second Ctrl-C ends the process at once: the operator did that, and nothing else is to blame.
  if (!run.stopping.signal.aborted) run.refuse(endedEarly(run.state.current))
  stderr.write('\n')
  composition?.cutOff()
  run.end()
}
