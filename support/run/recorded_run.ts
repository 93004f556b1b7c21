import { readdirSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { nearest } from '../config/nearest'
import { LockstepError } from '../system/errors'
import { JOURNAL_SUFFIX } from '../system/journal_lines'
import { excerpt } from '../system/redaction'
import type { RecordedEvent } from './events'
import { eachRunEvent, faultOf } from './journals'
import { MODES } from './modes'
import { RunState } from './run_state'

/**
 * Reads the state of a run from its journal in the folder `state` of `cwd`, whichever mode the run had. A run that did not end is
 * said not to have ended.
 * @throws LockstepError `bad-input` for a run that is not known, `journal-failed` where its journal does not tell all
 */
export async function readRecordedRun(run: string, state: string, cwd: string): Promise<RunState> {
  const journals = journalsIn(resolve(cwd, state))
  const path = journals.get(run)
  if (path === undefined) throw unknown(run, [...journals.keys()], state)
  const { first, state: read } = await readJournalState(path)
  if (first?.type !== 'read' || first.run !== run)
    throw new LockstepError(
      'journal-failed',
      `the journal ${path} ${first?.type === 'read' ? `is of run ${excerpt(first.run, 80)}` : 'does not say which run it is of'}; nothing was written`,
    )
  return read
}

/**
 * Reads the state of a run, and its first event, from one journal, wherever that is.
 * @throws LockstepError `journal-failed` where it does not tell all
 */
export async function readJournalState(
  path: string,
): Promise<{ first: RecordedEvent | undefined; state: RunState }> {
  const recorded = new RecordedRun()
  const fault = await eachRunEvent(path, (event) => recorded.hear(event))
  // A last line that was cut off was never shown.
  const isCutOff = fault?.kind === 'cut off'
  if (!isCutOff && fault !== undefined)
    throw new LockstepError('journal-failed', `${faultOf({ path, fault }) ?? ''}; nothing was written`)
  return { first: recorded.first, state: recorded.end(isCutOff) }
}

/** A run as its journal is read. What stands behind the end is heard when it is known that nothing is missing there. */
class RecordedRun {
  first: RecordedEvent | undefined
  private readonly state = new RunState()
  private readonly last: RecordedEvent[] = []

  hear(event: RecordedEvent): void {
    this.first ??= event
    if (event.type === 'ended' || this.last.length > 0) this.last.push(event)
    else this.state.apply(event)
  }

  /** Returns the run. One whose journal is cut off has not ended: what stood behind it may have said otherwise. */
  end(isCutOff: boolean): RunState {
    for (const event of this.last) if (!isCutOff || event.type !== 'ended') this.state.apply(event)
    this.state.closeUnended()
    return this.state
  }
}

/** Returns the paths of all journals of a state folder, by their run. */
function journalsIn(state: string): Map<string, string> {
  const folders = [...new Set(Object.values(MODES).map(({ journals }) => join(state, journals)))]
  const paths = folders.flatMap((folder) => namesIn(folder).map((name) => join(folder, name)))
  return new Map(
    paths
      .filter((path) => path.endsWith(JOURNAL_SUFFIX))
      .map((path) => [basename(path, JOURNAL_SUFFIX), path]),
  )
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw new LockstepError('journal-failed', `${folder} cannot be listed: ${(error as Error).message}`, {
      cause: error,
    })
  }
}

function unknown(run: string, known: readonly string[], state: string): LockstepError {
  const said = `there is no journal of a run ${JSON.stringify(excerpt(run, 80))} in ${state}`
  if (known.length === 0) return new LockstepError('bad-input', `${said}, nor of any other`)
  const close = nearest(run, known)
  const last = [...known].sort().slice(-MAX_SHOWN).reverse()
  return new LockstepError(
    'bad-input',
    `${said}; the closest one is ${close}; the last ones are ${last.join(', ')}`,
  )
}

const MAX_SHOWN = 3
