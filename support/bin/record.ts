import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { STATE } from '../cucumber/composition'
import { writeRecord } from '../cucumber/recording'
import { RECORD } from '../cucumber/reports'
import { states, type Change, type RunRecord } from '../record/record'
import { RecordStore } from '../record/store'
import { clean, hosts as counted } from '../rollout/verdict'
import { LockstepError } from '../system/errors'

const OPTIONS = {
  environment: { type: 'string' },
  release: { type: 'string' },
  host: { type: 'string' },
  ticket: { type: 'string' },
  write: { type: 'string' },
  json: { type: 'boolean' },
} as const

/** What changed, where, by whom and under which ticket, as runs have left it on record. Exit status 1 when nothing is known. */
export function record(_cwd: string, args: readonly string[]): { text: string; exitCode: number } {
  const wanted = parsed(args)
  if (wanted.write !== undefined) return written(wanted.write)
  const store = new RecordStore(RECORD)
  const runs = store
    .environments()
    .filter((name) => wanted.environment === undefined || name === wanted.environment)
    .flatMap((name) => store.releasesOf(name).flatMap((release) => store.runsOf(name, release)))
    .filter(
      ({ release, tickets }) =>
        isOr(release, wanted.release) && (wanted.ticket === undefined || tickets.includes(wanted.ticket)),
    )
    .map((run) => ({ ...run, changes: run.changes.filter(({ host }) => isOr(host, wanted.host)) }))
    .filter(({ hosts }) => wanted.host === undefined || hosts.includes(wanted.host))
    .sort((a, b) => (a.began < b.began ? -1 : 1))
  const text = wanted.json === true ? `${JSON.stringify(runs, null, 2)}\n` : runs.map(told).join('\n')
  return runs.length > 0 ? { text, exitCode: 0 } : { text: 'Nothing of that is on record.\n', exitCode: 1 }
}

function told(run: RunRecord): string {
  const { environment, release, mode, outcome, began, by, tickets, feature, changes, drift } = run
  const why = tickets.length === 0 ? '' : ` for ${tickets.join(', ')}`
  const alike = new Map<string, Change[]>()
  for (const change of changes.filter(({ holds }) => !holds)) {
    const key = `${feature}:${change.line}  ${change.what}${states(change.before, change.after)}, ${change.outcome}`
    alike.set(key, [...(alike.get(key) ?? []), change])
  }
  const lines = [
    `${began.slice(0, 16).replace('T', ' ')}  ${environment}  release ${release}  ${mode}, ${outcome}  by ${by}${why}`,
    ...[...alike].map(
      ([what, own]) =>
        `${what}  ${own.length > 3 ? counted(own.length) : own.map(({ host }) => host).join(', ')}`,
    ),
    ...(alike.size === 0 ? ['nothing was changed'] : []),
    ...drift.map(({ host, what, since }) => `drift: ${host} was done by run ${since}; ${what}`),
  ]
  return `${lines.map((line, index) => `${index === 0 ? '' : '  '}${clean(line, 400)}`).join('\n')}\n`
}

function written(run: string): { text: string; exitCode: number } {
  try {
    const records = writeRecord(join(STATE, 'live', `${run}.journal.ndjson`))
    return {
      text: `The record of run ${run} is written: ${counted(records.flatMap(({ hosts }) => hosts).length)}.\n`,
      exitCode: 0,
    }
  } catch (error) {
    throw new LockstepError(
      'journal-failed',
      `the record of run ${run} could not be written: ${(error as Error).message}`,
      {
        cause: error,
      },
    )
  }
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS }).values
  } catch (error) {
    const known = Object.keys(OPTIONS).map((name) => `--${name}`)
    throw new LockstepError('bad-input', `${(error as Error).message}; there are: ${known.join(', ')}`, {
      cause: error,
    })
  }
}

function isOr(value: string, wanted: string | undefined): boolean {
  return wanted === undefined || value === wanted
}
