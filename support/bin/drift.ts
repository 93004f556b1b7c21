import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { readSetting } from '../config/settings'
import { formatVariables } from '../config/variables'
import { cucumberIn } from '../planning/child_run'
import { lastWords } from '../run/again'
import { liveEnvironment } from '../composition/environments'
import { surroundingsOf } from '../run/parameters'
import { inRanges } from '../run/host_names'
import { readRunJson, type ReadRun, type ReadStep } from '../reporting/run_json_reading'
import { howToMend } from '../history/recording'
import { checkpointOfHistory } from '../composition/resume'
import { UNRELEASED, type HistoryEntry } from '../history/history_record'
import { howItWasLeft, hostsNotDone } from '../history/standing'
import { HistoryStore } from '../history/store'
import { readRunJournal } from '../run/journals'
import { clean, hosts as counted } from '../rollout/model/verdict'
import { EXIT, LockstepError } from '../system/errors'

const OPTIONS = {
  environment: { type: 'string' },
  release: { type: 'string' },
  json: { type: 'boolean' },
} as const
/** The exit statuses of monitoring plugins. */
const NAGIOS = { ok: 0, critical: 2, unknown: 3 } as const
const MAX_LINES = 20

interface Finding {
  feature: string
  run: string
  /** The line of the feature. It is 0 where no line has looked: the history says that the host was not brought on. */
  line: number
  text: string
  host: string
  seen: string
}

interface Checked {
  record: HistoryEntry
  findings: Finding[]
  /** The reason why the drift of this run is unknown; undefined when it is known. */
  trouble: string | undefined
}

interface Outcome {
  text: string
  exitCode: number
}

/**
 * Reports whether the state that a release has left on its hosts is still there. It runs the release's lines that look,
 * and none that changes. The exit statuses are those of monitoring plugins: an unknown state is neither well nor an
 * alarm.
 */
export async function drift(cwd: string, args: readonly string[]): Promise<Outcome> {
  try {
    return await checked(cwd, parsed(args))
  } catch (error) {
    if (!(error instanceof LockstepError)) throw error
    return said(args.includes('--json'), NAGIOS.unknown, error.message, [])
  }
}

async function checked(cwd: string, wanted: ReturnType<typeof parsed>): Promise<Outcome> {
  if (!readdirSync(cwd).some((name) => /^cucumber\.[cm]?(?:js|json|ya?ml)$/.test(name)))
    throw new LockstepError(
      'bad-config',
      `there is no cucumber.js in ${cwd}; run this in the folder that the release was rolled out from`,
    )
  const context = surroundingsOf(process.env)
  const { name } = liveEnvironment(
    wanted.environment === undefined ? {} : { environment: wanted.environment },
    context,
    cwd,
  )
  const store = new HistoryStore(context.folders.history)
  const release =
    wanted.release ??
    readSetting(context.env, 'LOCKSTEP_RELEASE') ??
    store
      .releasesOf(name)
      .findLast((each) => each !== UNRELEASED && lastRuns(store.runsOf(name, each)).length > 0)
  if (release === undefined)
    return said(wanted.json, NAGIOS.unknown, `no release is in the history in ${name}`, [])
  const { runs, damaged } = store.read(name, release)
  const records = lastRuns(runs)
  const [odd] = damaged
  if (records.length === 0 && odd === undefined)
    return said(wanted.json, NAGIOS.unknown, `release ${release} has not passed in ${name}`, [])
  const all: Checked[] = []
  for (const record of records) all.push(await check(store, record, wanted.environment))
  const unread = odd === undefined ? undefined : `${odd} is no history that can be read; ${howToMend(odd)}`
  const left = notBroughtOn(runs, records)
  return told(wanted.json, `release ${release} in ${name}`, all, left, unread)
}

/**
 * Returns the hosts that no run has finished and that no line looked at. The state of other hosts proves nothing of
 * them.
 */
function notBroughtOn(runs: readonly HistoryEntry[], records: readonly HistoryEntry[]): Finding[] {
  const looked = new Set(records.flatMap(({ hosts }) => hosts))
  return hostsNotDone(runs)
    .filter(({ host }) => !looked.has(host))
    .map(({ host, run }) => ({
      feature: run.feature,
      run: run.run,
      line: 0,
      text: '',
      host,
      seen: howItWasLeft(host, run),
    }))
}

/** Returns the last run of each feature that passed, or passed on all hosts but those that were allowed to fail. */
function lastRuns(runs: readonly HistoryEntry[]): HistoryEntry[] {
  const passed = runs.filter(
    ({ mode, outcome }) => mode === 'live' && (outcome === 'passed' || outcome === 'passed with failures'),
  )
  return [...new Map(passed.map((record) => [record.feature, record])).values()]
}

async function check(
  store: HistoryStore,
  record: HistoryEntry,
  environment: string | undefined,
): Promise<Checked> {
  const { feature, journal } = store.evidenceOf(record)
  const trouble = troubleWith(record, feature, journal)
  if (trouble !== undefined) return { record, findings: [], trouble }
  const env = {
    LOCKSTEP_VARIABLES: formatVariables(record.parameters),
    // Settings of the next rollout do not apply to this look.
    LOCKSTEP_RELEASE: record.release === UNRELEASED ? undefined : record.release,
    LOCKSTEP_ACTIVATE: undefined,
    LOCKSTEP_PLAN: undefined,
    LOCKSTEP_RESUME: undefined,
    LOCKSTEP_SAFE_MODE: undefined,
    ...(environment === undefined ? {} : { LOCKSTEP_ENVIRONMENT: environment }),
  }
  return cucumberIn(
    {
      args: ['-p', 'drift', feature],
      purpose: { why: 'drift', journal },
      env,
      signal: new AbortController().signal,
    },
    (ended, reports) => {
      const { exitCode } = ended
      const report = reportIn(reports)
      const findings = (report?.steps ?? []).flatMap((step) => findingsIn(step, record))
      const isKnown = exitCode === EXIT.passed || exitCode === EXIT.passedWithFailures || findings.length > 0
      const said = report?.reason?.message ?? lastWords(ended)
      return { record, findings, trouble: isKnown && report !== undefined ? undefined : said }
    },
  )
}

/** Returns the reason why the fleet cannot be compared with a run, by its record; undefined when it can. */
function troubleWith({ feature, run }: HistoryEntry, text: string, journal: string): string | undefined {
  if (!existsSync(text)) return `the text of ${feature} as run ${run} had it is not in the history`
  if (!existsSync(journal)) return `the journal of run ${run} is not in the history`
  const { entries, fault } = readRunJournal(journal)
  if (fault !== undefined) return `${journal} ${fault.what}; ${howToMend(run)}`
  const hash = createHash('sha256').update(readFileSync(text)).digest('hex')
  if (!entries.some((entry) => entry.type === 'run' && entry.hash === hash))
    return `${text} is not what run ${run} was: it was edited since`
  const proofs = [...(checkpointOfHistory(hash, { run, entries })?.scenarios.values() ?? [])]
  return proofs.some(({ done }) => done) ? undefined : `${feature} has no line that looks at a host`
}

function findingsIn({ line, text, hosts, unexpected }: ReadStep, { feature, run }: HistoryEntry): Finding[] {
  const odd = [
    ...hosts.filter(({ passed }) => !passed).map(({ host, seen }) => ({ host, seen })),
    ...unexpected.filter(({ fails }) => fails).map(({ host, detail }) => ({ host, seen: detail })),
  ]
  return odd.map(({ host, seen }) => ({ feature, run, line, text, host, seen }))
}

function reportIn(folder: string): ReadRun | undefined {
  try {
    return readRunJson(join(folder, 'run.json'))
  } catch {
    return undefined
  }
}

function told(
  json: boolean | undefined,
  where: string,
  checks: readonly Checked[],
  left: readonly Finding[],
  unread: string | undefined,
): Outcome {
  const findings = [...checks.flatMap((each) => each.findings), ...left]
  const all = new Set(
    checks.flatMap(({ record }) => record.hosts.filter((host) => !record.out.includes(host))),
  )
  for (const { host } of left) all.add(host)
  const odd = [...new Set(findings.map(({ host }) => host))]
  const numbers = `hosts=${all.size} drifted=${odd.length};;0`
  if (findings.length > 0) {
    const sentence = `${where} no longer passes on ${odd.length} of ${counted(all.size)}: ${inRanges(odd).join(', ')}`
    return said(json, NAGIOS.critical, sentence, findings, numbers)
  }
  const trouble = unread ?? checks.find((each) => each.trouble !== undefined)?.trouble
  if (trouble !== undefined) return said(json, NAGIOS.unknown, `${where}: ${trouble}`, findings)
  return said(json, NAGIOS.ok, `${where} still passes on ${counted(all.size)}`, findings, numbers)
}

const NAMES: Readonly<Record<number, string>> = { 0: 'OK', 2: 'CRITICAL', 3: 'UNKNOWN' }

function said(
  json: boolean | undefined,
  exitCode: number,
  sentence: string,
  findings: readonly Finding[],
  numbers?: string,
): Outcome {
  const state = NAMES[exitCode] ?? ''
  if (json === true) return { text: `${JSON.stringify({ state, sentence, findings }, null, 2)}\n`, exitCode }
  const lines = findings
    .slice(0, MAX_LINES)
    .map(({ host, feature, line, text, seen }) =>
      line === 0 ? `${host}: ${clean(seen)}` : `${host}: ${clean(seen)} (${feature}:${line} ${text})`,
    )
  const more = findings.length > MAX_LINES ? [`and ${findings.length - MAX_LINES} more`] : []
  const [first = '', ...rest] = [`DRIFT ${state}: ${sentence}`, ...lines, ...more].map(plain)
  const text = [numbers === undefined ? first : `${first} | ${numbers}`, ...rest].join('\n')
  return { text: `${text}\n`, exitCode }
}

/** Returns a line without `|`, the sign that monitoring takes for the beginning of numbers. */
function plain(line: string): string {
  return clean(line, 1_000).replaceAll('|', '/')
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
