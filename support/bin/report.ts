import { readdirSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { nearest } from '../config/nearest'
import { headlineOf } from '../reporting/headline'
import { recoveriesOf, recoveryFeatureOf } from '../reporting/recovery'
import { REPORTS_OF } from '../reporting/reports'
import type { RecordedEvent } from '../run/events'
import { eachRunEvent, faultOf } from '../run/journals'
import { titleOf } from '../run/outcome'
import { unwritten, writePieces } from '../run/report_files'
import { RunState } from '../run/run_state'
import { foldersIn } from '../run/folders'
import { clean } from '../rollout/model/verdict'
import { LockstepError } from '../system/errors'
import { JOURNAL_SUFFIX } from '../system/journal_lines'
import { excerpt } from '../system/redaction'

/** The folders of journals, by the kind of their runs. */
const KINDS = ['live', 'plan', 'drift', 'rehearse', 'embedded']
const MAX_SAID = 2_000

/**
 * Writes the reports of a run again, from its journal alone: byte for byte those that the run wrote. Of a run that was
 * killed they say how far it got, and that it did not end. The exit status is 1 for such a run, and 0 for any run that
 * ended.
 * @throws LockstepError `bad-input` for a run that is not known, `journal-failed` where its journal does not tell all
 */
export async function report(
  cwd: string,
  args: readonly string[],
): Promise<{ text: string; exitCode: number }> {
  const folders = foldersIn(process.env)
  const { run, to = folders.reports } = parsed(args)
  const state = await recorded(run, journalsIn(resolve(cwd, folders.state)), folders.state)
  const reports = Object.entries(REPORTS_OF).map(([name, piecesOf]) => write(join(to, name), piecesOf(state)))
  const recoveries = recoveriesOf(state, to).flatMap((recovery) => {
    const text = recoveryFeatureOf(state, recovery)
    return text === undefined ? [] : [write(join(to, basename(recovery.path)), [text])]
  })
  const paths = [...reports, ...recoveries]
  const said = `${titleOf(state.exitCode, state.mode)}  ${clean(headlineOf(state), MAX_SAID)}`
  return {
    text: `${said}\nrun ${state.id} · ${state.mode} · ${clean(state.environment)}\nwrote ${paths.join(', ')}\n`,
    exitCode: state.over === undefined || state.over.exitCode !== state.over.derived ? 1 : 0,
  }
}

async function recorded(
  run: string,
  journals: ReadonlyMap<string, string>,
  folder: string,
): Promise<RunState> {
  const path = journals.get(run)
  if (path === undefined) throw unknown(run, [...journals.keys()], folder)
  const told = new ToldRun()
  const fault = await eachRunEvent(path, (event) => told.hear(event))
  // A last line that was cut off was never shown.
  const isCutOff = fault?.kind === 'cut off'
  if (!isCutOff && fault !== undefined)
    throw new LockstepError('journal-failed', `${faultOf({ path, fault }) ?? ''}; nothing was written`)
  const { first } = told
  if (first?.type !== 'read' || first.run !== run)
    throw new LockstepError(
      'journal-failed',
      `the journal ${path} ${first?.type === 'read' ? `is of run ${excerpt(first.run, 80)}` : 'does not say which run it is of'}; nothing was written`,
    )
  return told.end(isCutOff)
}

/** A run as its journal is read. What stands behind the end is heard when it is known that nothing is missing there. */
class ToldRun {
  first: RecordedEvent | undefined
  private readonly state = new RunState()
  private readonly last: RecordedEvent[] = []

  hear(event: RecordedEvent): void {
    this.first ??= event
    if (event.type === 'over' || this.last.length > 0) this.last.push(event)
    else this.state.apply(event)
  }

  /** Returns the run. One whose journal is cut off has not ended: what stood behind it may have said otherwise. */
  end(isCutOff: boolean): RunState {
    for (const event of this.last) if (!isCutOff || event.type !== 'over') this.state.apply(event)
    this.state.closeUnended()
    return this.state
  }
}

/** Returns the paths of all journals of a state folder, by their run. */
function journalsIn(state: string): Map<string, string> {
  const paths = KINDS.flatMap((kind) => namesIn(join(state, kind)).map((name) => join(state, kind, name)))
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

function unknown(run: string, known: readonly string[], folder: string): LockstepError {
  const said = `there is no journal of a run ${JSON.stringify(excerpt(run, 80))} in ${folder}`
  if (known.length === 0) return new LockstepError('bad-input', `${said}, nor of any other`)
  const close = nearest(run, known)
  const last = [...known].sort().slice(-MAX_SHOWN).reverse()
  return new LockstepError(
    'bad-input',
    `${said}; the closest one is ${close}; the last ones are ${last.join(', ')}`,
  )
}

const MAX_SHOWN = 3

function write(path: string, pieces: Iterable<string>): string {
  try {
    writePieces(path, pieces)
    return path
  } catch (error) {
    throw new LockstepError('bad-input', unwritten(path, error), { cause: error })
  }
}

function parsed(args: readonly string[]): { run: string; to: string | undefined } {
  const options = { to: { type: 'string' } } as const
  const usage = 'say which run: report <run>, and with --to <folder> where its reports are written'
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true })
    const [run, ...more] = positionals
    if (run === undefined || more.length > 0)
      throw new Error(run === undefined ? 'no run is named' : 'one run at a time')
    return { run, to: values.to }
  } catch (error) {
    throw new LockstepError('bad-input', `${(error as Error).message}; ${usage}`, { cause: error })
  }
}
