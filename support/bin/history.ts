import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { inRanges } from '../run/host_names'
import { howToMend, writeHistory } from '../history/recording'
import { foldersIn, type Folders } from '../run/folders'
import { states, type HistoryEntry } from '../history/history_record'
import { HistoryStore } from '../history/store'
import { clean, hosts as counted } from '../rollout/model/verdict'
import { LockstepError } from '../system/errors'
import { excerpt } from '../system/redaction'
import { parseOptions } from './arguments'

const OPTIONS = {
  environment: { type: 'string' },
  release: { type: 'string' },
  host: { type: 'string' },
  ticket: { type: 'string' },
  write: { type: 'string' },
  json: { type: 'boolean' },
} as const

interface Outcome {
  text: string
  complaint?: string
  exitCode: number
}

/**
 * Prints what changed, where, by whom and under which ticket, as runs have left it in the history. The exit status is 1 when
 * nothing is known.
 */
export function history(_cwd: string, args: readonly string[]): Outcome {
  const wanted = parseOptions(args, OPTIONS)
  const folders = foldersIn(process.env)
  if (wanted.write !== undefined) return writeAgain(wanted.write, folders)
  const { runs, damaged } = new HistoryStore(folders.history).all()
  const found = runs
    .filter(
      ({ environment, release, tickets, hosts }) =>
        isOr(environment, wanted.environment) &&
        isOr(release, wanted.release) &&
        (wanted.ticket === undefined || tickets.includes(wanted.ticket)) &&
        (wanted.host === undefined || hosts.includes(wanted.host)),
    )
    .map((run) => ({
      ...run,
      changes: run.changes.filter(({ host }) => isOr(host, wanted.host)),
      drift: run.drift.filter(({ host }) => isOr(host, wanted.host)),
    }))
    .sort((a, b) => (a.began < b.began ? -1 : 1))
  const complaint = damaged
    .map((path) => `${path} is no history that can be read, and is passed over; ${howToMend(path)}\n`)
    .join('')
  if (wanted.json === true)
    return { text: `${JSON.stringify(found, null, 2)}\n`, complaint, exitCode: found.length > 0 ? 0 : 1 }
  if (found.length === 0) return { text: 'Nothing of that is in the history.\n', complaint, exitCode: 1 }
  return { text: found.map(formatEntry).join('\n'), complaint, exitCode: 0 }
}

function formatEntry(run: HistoryEntry): string {
  const { environment, release, mode, outcome, leftOut, began, by, tickets, feature, changes, drift, out } =
    run
  const why = tickets.length === 0 ? '' : ` for ${tickets.join(', ')}`
  const alike = new Map<string, string[]>()
  for (const change of changes.filter(({ temporary }) => !temporary)) {
    const key = `${feature}:${change.line}  ${change.what}${states(change.before, change.after)}, ${change.outcome}`
    const hosts = alike.get(key) ?? []
    alike.set(key, hosts)
    hosts.push(change.host)
  }
  const part = leftOut === undefined ? '' : ' in part'
  const head = `${began.slice(0, 16).replace('T', ' ')}  ${environment}  release ${release}  ${mode}, ${outcome}${part}  by ${by}${why}`
  const lines = [
    ...[...alike].map(([what, own]) => `${what}  ${own.length > 3 ? counted(own.length) : own.join(', ')}`),
    ...(alike.size === 0
      ? [outcome === 'cut off' ? `no change by ${feature} is known` : `nothing was changed by ${feature}`]
      : []),
    ...(out.length === 0 ? [] : [`failed, as they were allowed to: ${inRanges(out).join(', ')}`]),
    ...drift.map(({ host, what, since }) => `drift: ${host} was done by run ${since}; ${what}`),
  ]
  return `${[clean(head, 400), ...lines.map((line) => `  ${clean(line, 400)}`)].join('\n')}\n`
}

function writeAgain(run: string, { state, history }: Folders): Outcome {
  const live = join(state, 'live')
  const journal = join(live, `${run}.journal.ndjson`)
  if (!/^[\w-]+$/.test(run) || !existsSync(journal))
    throw new LockstepError(
      'bad-input',
      `there is no journal of a live run ${JSON.stringify(excerpt(run, 80))} in ${live}`,
    )
  const records = writeOne(run, journal, history)
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

function isOr(value: string, wanted: string | undefined): boolean {
  return wanted === undefined || value === wanted
}
