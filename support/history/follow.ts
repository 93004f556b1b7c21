import { clean } from '../rollout/model/verdict'
import { LockstepError } from '../system/errors'
import { NO_ENTRY, type HistoryLog, type LogEntry } from './log'
import { isUnaltered } from './log_reading'

/**
 * Copies what is new in a log to another one, in its order, each entry behind its journal. It may be stopped between any
 * two calls, and called again at any time, also by several processes at once.
 * @throws LockstepError `journal-failed` where the log does not go on from what was copied before
 */
export async function followLog(from: HistoryLog, to: HistoryLog): Promise<void> {
  const error = await findSetBack(from, to)
  if (error !== undefined) throw error
  for (const environment of (await from.heads()).keys()) await followEnvironment(from, to, environment)
}

/**
 * Returns the error of a log that no longer has what was copied of it: a database may have been set back to an older
 * backup. Undefined where it goes on. A log that cannot be read throws its own error: that says nothing of its entries.
 */
export async function findSetBack(from: HistoryLog, copy: HistoryLog): Promise<LockstepError | undefined> {
  for (const [environment, head] of await copy.heads()) {
    const [entry] = await from.read(environment, head.sequence - 1)
    if (entry?.sequence !== head.sequence || entry.chain !== head.chain)
      return setBack(environment, head.sequence)
  }
  return undefined
}

async function followEnvironment(from: HistoryLog, to: HistoryLog, environment: string): Promise<void> {
  const headOf = async () => (await to.heads()).get(environment) ?? NO_ENTRY
  let head = await headOf()
  for (;;) {
    const entries = await from.read(environment, head.sequence)
    if (entries.length === 0) return
    for (const entry of entries) {
      if (!isUnaltered(entry, head))
        throw new LockstepError(
          'journal-failed',
          `entry ${entry.sequence} of ${clean(environment, 80)} in the shared history is not what a control host has written: somebody has altered it`,
        )
      await followJournal(from, to, entry)
      const { sequence, chain, ...record } = entry
      if (await to.append(record, head)) head = { sequence, chain }
      else {
        // Another command of this control host copies it too.
        const now = await headOf()
        if (now.sequence <= head.sequence) throw setBack(environment, entry.sequence)
        head = now
        break
      }
    }
  }
}

async function followJournal(
  from: HistoryLog,
  to: HistoryLog,
  { origin, run, journal }: LogEntry,
): Promise<void> {
  if (journal === null) return
  for (let at = await to.journalEnd(origin, run); at < journal.length;) {
    const piece = await from.readJournal(origin, run, at)
    if (piece === undefined)
      throw new LockstepError(
        'journal-failed',
        `the journal of run ${clean(run, 80)} is not whole in the shared history: somebody has altered it`,
      )
    await to.appendJournal(origin, run, at, piece)
    at = await to.journalEnd(origin, run)
  }
}

function setBack(environment: string, sequence: number): LockstepError {
  return new LockstepError(
    'journal-failed',
    `the shared history no longer has entry ${sequence} of ${clean(environment, 80)} as this control host has read it: the database was set back, perhaps to a backup`,
  )
}
