import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { howToMend, writeHistory } from '../history/recording'
import { foldersIn, type Folders } from '../run/folders'
import { findRuns } from '../history/find_runs'
import { formatEntry } from '../history/format_history'
import type { HistoryEntry } from '../history/history_record'
import { describeModulesOf } from '../history/modules'
import { importHistory, openHistory, type HistoryPlaces } from '../history/open_history'
import { configPath, surroundingsOf } from '../run/parameters'
import { hosts as counted } from '../rollout/model/verdict'
import { LockstepError } from '../system/errors'
import { excerpt } from '../system/redaction'
import type { Call, Outcome } from './command'
import { formatJson } from './json'

interface Options {
  environment: string | undefined
  release: string | undefined
  host: string | undefined
  ticket: string | undefined
  write: string | undefined
  import: boolean
  modules: boolean
  json: boolean
}

/**
 * Prints what changed, where, by whom and under which ticket, as runs have left it in the history. The exit status is 1 when
 * nothing is known.
 */
export async function history({ cwd, env, options: wanted }: Call<Options>): Promise<Outcome> {
  const folders = foldersIn(env)
  const places = { config: configPath(surroundingsOf(env), cwd), env, folders }
  expectOneWish(wanted)
  if (wanted.import) return bringIn(places)
  if (wanted.write !== undefined) return writeAgain(wanted.write, folders, wanted.json)
  const known = await openHistory(places)
  const { runs, damaged } = known.all()
  const found = findRuns(runs, wanted)
  const gaps = [...(known.notKnown === undefined ? [] : [known.notKnown]), ...known.faults]
  const complaint = [
    ...damaged.map(
      (path) => `${path} is no history that can be read, and is passed over; ${howToMend(path)}\n`,
    ),
    ...gaps.map((why) => `Not everything is known: ${why}\n`),
  ].join('')
  if (wanted.modules) return { ...formatModules(found, wanted, [...damaged, ...gaps]), complaint }
  if (wanted.json) return { ...formatRuns(found, [...damaged, ...gaps]), complaint }
  if (found.length === 0) return { text: `${nothingFound(runs.length)}\n`, complaint, exitCode: 1 }
  return { text: found.map(formatEntry).join('\n'), complaint, exitCode: 0 }
}

/** Tells which modules of puppet code are where, by what the runs have found last; in JSON, the runs that found any. */
function formatModules(
  runs: readonly HistoryEntry[],
  { host, json }: Options,
  notKnown: readonly string[],
): Outcome {
  const looked = runs.filter(({ modules = [] }) => modules.length > 0)
  if (json) return formatRuns(looked, notKnown)
  const lines = describeModulesOf(looked, host)
  if (lines.length === 0)
    return { text: 'No run of the history has looked at modules of puppet code.\n', exitCode: 1 }
  return { text: `${lines.join('\n')}\n`, exitCode: 0 }
}

function expectOneWish({ import: isImport, ...others }: Options): void {
  const [odd] = Object.entries(others).find(([, given]) => given !== undefined && given !== false) ?? []
  if (isImport && odd !== undefined)
    throw new LockstepError('bad-input', `--import brings in all local runs, and does not go with --${odd}`)
}

/** Brings the local runs into the database. A second time finds them there. */
async function bringIn(places: HistoryPlaces): Promise<Outcome> {
  const shipped = await importHistory(places)
  if (shipped === undefined)
    throw new LockstepError(
      'bad-config',
      `there is no database to bring runs into: ${places.config ?? 'no lockstep.yaml is here, which'} has no history: { postgresql: … }`,
    )
  const { appended, known, faults } = shipped
  const complaint = faults.map((fault) => `Not brought in: ${fault}\n`).join('')
  const exitCode = faults.length > 0 ? 1 : 0
  const text = `${countRuns(appended)} brought in; ${countRuns(known)} there already.\n`
  return { text, complaint, exitCode }
}

function countRuns(count: number): string {
  return `${count} ${count === 1 ? 'run was' : 'runs were'}`
}

function nothingFound(runs: number): string {
  return runs === 0
    ? 'No run is in the history yet: rollouts to a fleet are written there.'
    : 'Nothing of that is in the history.'
}

function formatRuns(runs: readonly HistoryEntry[], damaged: readonly string[]): Outcome {
  const text = formatJson('lockstep/history/1', { runs, notKnown: damaged })
  return { text, exitCode: runs.length > 0 ? 0 : 1 }
}

function writeAgain(run: string, { state, history }: Folders, json: boolean): Outcome {
  const live = join(state, 'live')
  const journal = join(live, `${run}.journal.ndjson`)
  if (!/^[\w-]+$/.test(run) || !existsSync(journal))
    throw new LockstepError(
      'bad-input',
      `there is no journal of a live run ${JSON.stringify(excerpt(run, 80))} in ${live}`,
    )
  const records = writeOne(run, journal, history)
  if (json) return formatRuns(records, [])
  if (records.length === 0)
    return { text: `Run ${run} knew no host: there is nothing to write.\n`, exitCode: 1 }
  const hosts = new Set(records.flatMap((each) => each.hosts)).size
  return { text: `Run ${run} is written into the history: ${counted(hosts)}.\n`, exitCode: 0 }
}

function writeOne(run: string, journal: string, history: string): HistoryEntry[] {
  try {
    return writeHistory(journal, history)
  } catch (error) {
    const why = (error as Error).message
    throw new LockstepError('journal-failed', `run ${run} could not be written into the history: ${why}`, {
      cause: error,
    })
  }
}
