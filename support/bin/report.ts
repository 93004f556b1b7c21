import { basename, join } from 'node:path'
import { caveatsOf, qualifiedTitle } from '../reporting/about'
import { headlineOf } from '../reporting/headline'
import { recoveriesOf, recoveryFeatureOf } from '../reporting/recovery'
import { REPORTS_OF } from '../reporting/reports'
import { readRecordedRun } from '../run/recorded_run'
import { unwritten } from '../run/report_files'
import { foldersIn } from '../run/folders'
import { clean } from '../rollout/model/verdict'
import { LockstepError } from '../system/errors'
import { writePieces } from '../system/whole_file'
import type { Call, Outcome } from './command'
import { formatJson } from './json'

const MAX_SAID = 2_000

/**
 * Writes the reports of a run again, from its journal alone: byte for byte those that the run wrote. Of a run that was
 * killed they say how far it got, and that it did not end. Recovery features are written too. The exit status is 0 only
 * for a run that ended, and whose journal tells of that same end.
 * @throws LockstepError `bad-input` for a run that is not known, `journal-failed` where its journal does not tell all
 */
export async function report({
  cwd,
  env,
  args: [run = ''],
  options,
}: Call<{ to: string | undefined; json: boolean }>): Promise<Outcome> {
  const folders = foldersIn(env)
  const { to = folders.reports, json } = options
  const state = await readRecordedRun(run, folders.state, cwd)
  const reports = Object.entries(REPORTS_OF).map(([name, piecesOf]) => write(join(to, name), piecesOf(state)))
  const recoveries = recoveriesOf(state, to).flatMap((recovery) => {
    const text = recoveryFeatureOf(state, recovery)
    return text === undefined ? [] : [write(join(to, basename(recovery.path)), [text])]
  })
  const paths = [...reports, ...recoveries]
  const [title, sentence] = [qualifiedTitle(state), clean(headlineOf(state), MAX_SAID)]
  const caveats = caveatsOf(state).map((caveat) => clean(caveat, MAX_SAID))
  const exitCode = state.ended === undefined || state.ended.exitCode !== state.ended.derived ? 1 : 0
  const text = json
    ? formatJson('lockstep/report/1', {
        exitCode,
        run: state.id,
        mode: state.mode,
        environment: state.environment,
        title,
        sentence,
        caveats,
        runExitCode: state.exitCode,
        ended: state.ended !== undefined,
        written: paths,
      })
    : [
        `${title}  ${sentence}`,
        ...caveats,
        `run ${state.id} · ${state.mode} · ${clean(state.environment)}`,
        `wrote ${paths.join(', ')}\n`,
      ].join('\n')
  return { text, exitCode }
}

function write(path: string, pieces: Iterable<string>): string {
  try {
    writePieces(path, pieces)
    return path
  } catch (error) {
    throw new LockstepError('bad-input', unwritten(path, error), { cause: error })
  }
}
