import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { givenVariables } from '../config/variables'
import { cucumberIn } from '../cucumber/again'
import { liveEnvironment, surroundings } from '../cucumber/environments'
import { inRanges } from '../cucumber/host_names'
import { RECORD } from '../cucumber/reports'
import { UNRELEASED, type RunRecord } from '../record/record'
import { RecordStore } from '../record/store'
import { clean, hosts as counted } from '../rollout/verdict'
import { EXIT, LockstepError } from '../system/errors'

const OPTIONS = {
  environment: { type: 'string' },
  release: { type: 'string' },
  json: { type: 'boolean' },
} as const
/** Monitoring plugins' own. */
const NAGIOS = { ok: 0, critical: 2, unknown: 3 } as const
const LINES_AT_MOST = 20

interface Finding {
  feature: string
  run: string
  line: number
  text: string
  host: string
  seen: string
}

interface Checked {
  record: RunRecord
  findings: Finding[]
  /** Lines that looked at hosts. */
  looks: number
  /** Why it could not be told, if so. */
  trouble: string | undefined
}

/** Whether what a release has left still holds: its lines that look, and none that changes. Exit statuses are those of monitoring plugins. */
export async function drift(
  cwd: string,
  args: readonly string[],
): Promise<{ text: string; exitCode: number }> {
  const wanted = parsed(args)
  if (!readdirSync(cwd).some((name) => /^cucumber\.[cm]?(?:js|json|ya?ml)$/.test(name)))
    throw new LockstepError(
      'bad-config',
      `there is no cucumber.js in ${cwd}; run this in the folder that the release was rolled out from`,
    )
  const around = surroundings()
  const environment = liveEnvironment(
    wanted.environment === undefined ? {} : { environment: wanted.environment },
    around,
    cwd,
  )
  const store = new RecordStore(RECORD)
  const release =
    wanted.release ??
    store
      .releasesOf(environment.name)
      .findLast((name) => name !== UNRELEASED && lastRuns(store, environment.name, name).length > 0)
  if (release === undefined)
    return said(wanted.json, NAGIOS.unknown, `no release is on record in ${environment.name}`, [])
  const records = lastRuns(store, environment.name, release)
  if (records.length === 0)
    return said(wanted.json, NAGIOS.unknown, `release ${release} has not held in ${environment.name}`, [])
  const checked: Checked[] = []
  for (const record of records) checked.push(await check(store, record, wanted.environment))
  return told(wanted.json, environment.name, release, checked)
}

/** The last run of each feature that held. */
function lastRuns(store: RecordStore, environment: string, release: string): RunRecord[] {
  const held = store
    .runsOf(environment, release)
    .filter(({ mode, outcome }) => mode === 'live' && outcome === 'held')
  return [...new Map(held.map((record) => [record.feature, record])).values()]
}

async function check(
  store: RecordStore,
  record: RunRecord,
  environment: string | undefined,
): Promise<Checked> {
  const { feature, journal } = store.evidenceOf(record)
  const env = {
    LOCKSTEP_DRIFT: journal,
    LOCKSTEP_VARIABLES: givenVariables(record.parameters),
    ...(environment === undefined ? {} : { LOCKSTEP_ENVIRONMENT: environment }),
  }
  return cucumberIn(
    { args: ['-p', 'drift', feature], env, signal: new AbortController().signal },
    ({ exitCode, output }, reports) => {
      const report = reportIn(reports)
      const known = exitCode === EXIT.held || exitCode === EXIT.diverged || exitCode === EXIT.withinBudget
      const steps = report?.steps ?? []
      const findings = steps.flatMap(({ line, text, hosts, strays }) => [
        ...hosts
          .filter(({ held }) => !held)
          .map(({ host, seen }) => ({ feature: record.feature, run: record.run, line, text, host, seen })),
        ...strays
          .filter(({ fails }) => fails)
          .map(({ host, detail }) => ({
            feature: record.feature,
            run: record.run,
            line,
            text,
            host,
            seen: detail,
          })),
      ])
      const looks = steps.filter(({ hosts }) =>
        hosts.some(({ kind }) => kind !== 'claimed' && kind !== 'known'),
      ).length
      const trouble =
        known && report !== undefined ? undefined : (report?.reason?.message ?? output.slice(-300))
      return { record, findings, looks, trouble }
    },
  )
}

interface Report {
  reason: { message: string } | null
  steps: {
    line: number
    text: string
    hosts: { host: string; held: boolean; seen: string; kind: string }[]
    strays: { host: string; detail: string; fails: boolean }[]
  }[]
}

function reportIn(folder: string): Report | undefined {
  try {
    return JSON.parse(readFileSync(join(folder, 'run.json'), 'utf8')) as Report
  } catch {
    return undefined
  }
}

function told(
  json: boolean | undefined,
  environment: string,
  release: string,
  checked: readonly Checked[],
): { text: string; exitCode: number } {
  const findings = checked.flatMap((each) => each.findings)
  const all = new Set(checked.flatMap(({ record }) => record.hosts)).size
  const odd = [...new Set(findings.map(({ host }) => host))]
  const trouble = checked.find((each) => each.trouble !== undefined)?.trouble
  const numbers = `hosts=${all} drifted=${odd.length};;0`
  const where = `release ${release} in ${environment}`
  if (findings.length > 0) {
    const names = inRanges(odd).join(', ')
    return said(
      json,
      NAGIOS.critical,
      `${where} does not hold on ${odd.length} of ${counted(all)}: ${names} | ${numbers}`,
      findings,
    )
  }
  if (trouble !== undefined) return said(json, NAGIOS.unknown, `${where}: ${clean(trouble, 300)}`, findings)
  if (checked.every(({ looks }) => looks === 0))
    return said(json, NAGIOS.unknown, `${where}: its features have no line that looks at a host`, findings)
  return said(json, NAGIOS.ok, `${where} holds on ${counted(all)} | ${numbers}`, findings)
}

const NAMES: Readonly<Record<number, string>> = { 0: 'OK', 2: 'CRITICAL', 3: 'UNKNOWN' }

function said(
  json: boolean | undefined,
  exitCode: number,
  sentence: string,
  findings: readonly Finding[],
): { text: string; exitCode: number } {
  const state = NAMES[exitCode] ?? ''
  if (json === true) return { text: `${JSON.stringify({ state, sentence, findings }, null, 2)}\n`, exitCode }
  const lines = findings
    .slice(0, LINES_AT_MOST)
    .map(({ host, feature, line, text, seen }) => `${host}: ${clean(seen)} (${feature}:${line} ${text})`)
  const more = findings.length > LINES_AT_MOST ? [`and ${findings.length - LINES_AT_MOST} more`] : []
  return { text: `${[`DRIFT ${state}: ${sentence}`, ...lines, ...more].join('\n')}\n`, exitCode }
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
