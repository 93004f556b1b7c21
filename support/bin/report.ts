import { basename, join } from 'node:path'
import { parseArgs } from 'node:util'
import { headlineOf } from '../reporting/headline'
import { recoveriesOf, recoveryFeatureOf } from '../reporting/recovery'
import { REPORTS_OF } from '../reporting/reports'
import { titleOf } from '../run/outcome'
import { readRecordedRun } from '../run/recorded_run'
import { unwritten } from '../run/report_files'
import { foldersIn } from '../run/folders'
import { clean } from '../rollout/model/verdict'
import { LockstepError } from '../system/errors'
import { writePieces } from '../system/whole_file'

const MAX_SAID = 2_000

/**
 * Writes the reports of a run again, from its journal alone: byte for byte those that the run wrote. Of a run that was
 * killed they say how far it got, and that it did not end. Recovery features are written too. The exit status is 0 only
 * for a run that ended, and whose journal tells of that same end.
 * @throws LockstepError `bad-input` for a run that is not known, `journal-failed` where its journal does not tell all
 */
export async function report(
  cwd: string,
  args: readonly string[],
): Promise<{ text: string; exitCode: number }> {
  const folders = foldersIn(process.env)
  const { run, to = folders.reports } = parse(args)
  const state = await readRecordedRun(run, folders.state, cwd)
  const reports = Object.entries(REPORTS_OF).map(([name, piecesOf]) => write(join(to, name), piecesOf(state)))
  const recoveries = recoveriesOf(state, to).flatMap((recovery) => {
    const text = recoveryFeatureOf(state, recovery)
    return text === undefined ? [] : [write(join(to, basename(recovery.path)), [text])]
  })
  const paths = [...reports, ...recoveries]
  const said = `${titleOf(state.exitCode, state.mode)}  ${clean(headlineOf(state), MAX_SAID)}`
  return {
    text: `${said}\nrun ${state.id} · ${state.mode} · ${clean(state.environment)}\nwrote ${paths.join(', ')}\n`,
    exitCode: state.ended === undefined || state.ended.exitCode !== state.ended.derived ? 1 : 0,
  }
}

function write(path: string, pieces: Iterable<string>): string {
  try {
    writePieces(path, pieces)
    return path
  } catch (error) {
    throw new LockstepError('bad-input', unwritten(path, error), { cause: error })
  }
}

function parse(args: readonly string[]): { run: string; to: string | undefined } {
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
