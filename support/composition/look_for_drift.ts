import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Environment } from '../config/environment'
import { readSetting } from '../config/settings'
import { formatVariables } from '../config/variables'
import {
  findingsOf,
  hostsLeftAlone,
  hostsNotBroughtOn,
  judgeDrift,
  lastRuns,
  makeUnknownDrift,
  type CheckedRun,
  type DriftFinding,
  type DriftState,
} from '../history/drift_check'
import { UNRELEASED, type HistoryEntry } from '../history/history_record'
import { howToMend } from '../history/recording'
import { managedEarlier, type ManagedEarlier } from '../history/managed_before'
import { openHistory } from '../history/open_history'
import type { KnownHistory } from '../history/known_history'
import { cucumberIn } from '../planning/child_run'
import { readRunJson, type ReadRun, type ReadStep } from '../reporting/run_json_reading'
import { lastWords } from '../run/again'
import { readRunJournal } from '../run/journals'
import { configPath, type RunSurroundings } from '../run/parameters'
import { EXIT, LockstepError } from '../system/errors'
import { tellWhile, type TellWait } from '../system/wait'
import { liveEnvironment } from './environments'
import { checkpointOfHistory } from './resume'

/** The release that is looked at; where something is left out, the configured environment and its last release. */
export interface DriftAsked {
  environment?: string | undefined
  release?: string | undefined
}

/**
 * Looks whether the state that a release has left on its hosts is still there. It runs the release's lines that look,
 * and none that changes.
 */
export async function lookForDrift(
  asked: DriftAsked,
  context: RunSurroundings,
  cwd: string,
  tellWait: TellWait,
  lookForRemains: LookForRemains,
): Promise<DriftState> {
  if (!readdirSync(cwd).some((name) => /^cucumber\.[cm]?(?:js|json|ya?ml)$/.test(name)))
    throw new LockstepError(
      'bad-config',
      `there is no cucumber.js in ${cwd}; run this in the folder that the release was rolled out from`,
    )
  const named = asked.environment === undefined ? {} : { environment: asked.environment }
  const environment = liveEnvironment(named, context, cwd)
  const { name } = environment
  const { env, folders } = context
  const store = await openHistory({ config: configPath(context, cwd), env, folders })
  if (store.notKnown !== undefined) return makeUnknownDrift(`${name}: ${store.notKnown}`)
  const release = asked.release ?? readSetting(context.env, 'LOCKSTEP_RELEASE') ?? lastRelease(store, name)
  if (release === undefined) return makeUnknownDrift(`no release is in the history in ${name}`)
  const { runs, damaged } = store.read(name, release)
  const records = lastRuns(runs)
  const [odd] = damaged
  if (records.length === 0 && odd === undefined)
    return makeUnknownDrift(`release ${release} has not passed in ${name}`)
  const checks: CheckedRun[] = []
  for (const [index, record] of records.entries()) {
    const what = `the checks of ${record.feature} on its hosts (${index + 1} of ${records.length})`
    checks.push(await tellWhile(tellWait, { what }, () => check(store, record, asked.environment)))
  }
  const remains = await findRemains(environment, store, release, lookForRemains, findingsOf(checks))
  return judgeDrift({
    where: `release ${release} in ${name}`,
    checks,
    alone: hostsLeftAlone(records),
    left: [...hostsNotBroughtOn(runs, records), ...remains.findings],
    unread: odd === undefined ? remains.trouble : `${odd} is no history that can be read; ${howToMend(odd)}`,
  })
}

/** Asks hosts of an environment for what earlier releases managed. @throws LockstepError where they cannot be asked */
export type LookForRemains = (
  environment: Environment,
  earlier: ManagedEarlier,
) => Promise<{
  remains: ReadonlyMap<string, readonly { resource: string; seen: string }[]>
  unknown: ReadonlyMap<string, string>
}>

/** Finds what puppet managed for earlier releases, and what is on hosts still. Hosts are asked only where there is any. */
async function findRemains(
  environment: Environment,
  store: KnownHistory,
  release: string,
  lookForRemains: LookForRemains,
  told: readonly DriftFinding[],
): Promise<{ findings: DriftFinding[]; trouble: string | undefined }> {
  const earlier = managedEarlier(store, environment.name, release)
  if (earlier === undefined) return { findings: [], trouble: undefined }
  if ('not' in earlier) return { findings: [], trouble: earlier.not }
  const { feature, run } = earlier.run
  try {
    const { remains, unknown } = await lookForRemains(environment, earlier)
    const findings = [...remains].flatMap(([host, own]) => {
      const seen = describeRemains(
        own,
        told.filter((each) => each.host === host),
      )
      return seen === undefined ? [] : [{ feature, run, line: 0, text: '', host, seen }]
    })
    const [odd] = unknown
    return {
      findings,
      trouble: odd && `what puppet managed before on ${odd[0]} is not known to be gone: ${odd[1]}`,
    }
  } catch (error) {
    if (!(error instanceof LockstepError)) throw error
    return { findings: [], trouble: error.message }
  }
}

const MAX_SHOWN = 10

/** Returns what remains on a host, in words, without what a line has told already; undefined where nothing is left. */
function describeRemains(
  remains: readonly { resource: string; seen: string }[],
  told: readonly DriftFinding[],
): string | undefined {
  const left = remains.filter(({ resource }) => !told.some(({ seen }) => seen.includes(`${resource} `)))
  if (left.length === 0) return undefined
  const more = left.length > MAX_SHOWN ? [`and ${left.length - MAX_SHOWN} more`] : []
  return [...left.slice(0, MAX_SHOWN).map(({ seen }) => seen), ...more].join('; ')
}

/** Returns the last release that has passed in an environment; undefined where none has. */
function lastRelease(store: KnownHistory, environment: string): string | undefined {
  return store
    .releasesOf(environment)
    .findLast((each) => each !== UNRELEASED && lastRuns(store.read(environment, each).runs).length > 0)
}

async function check(
  store: KnownHistory,
  record: HistoryEntry,
  environment: string | undefined,
): Promise<CheckedRun> {
  const { feature, journal } = store.evidenceOf(record)
  const trouble = troubleWith(record, feature, journal)
  if (trouble !== undefined) return { record, findings: [], trouble }
  const env = {
    LOCKSTEP_VARIABLES: formatVariables(record.parameters),
    // Settings of the next rollout do not apply to this look.
    LOCKSTEP_RELEASE: record.release === UNRELEASED ? undefined : record.release,
    LOCKSTEP_ACTIVATE: undefined,
    LOCKSTEP_LIMIT: undefined,
    LOCKSTEP_PLAN: undefined,
    LOCKSTEP_RESUME: undefined,
    LOCKSTEP_SAFE_MODE: undefined,
    ...(environment === undefined ? {} : { LOCKSTEP_ENVIRONMENT: environment }),
  }
  const args = ['-p', 'drift', feature]
  const purpose = { why: 'drift', journal } as const
  const { signal } = new AbortController()
  return cucumberIn({ args, purpose, env, signal }, (ended, reports) => {
    const { exitCode } = ended
    const report = reportIn(reports)
    const findings = (report?.steps ?? []).flatMap((step) => findingsIn(step, record))
    const isKnown = exitCode === EXIT.passed || exitCode === EXIT.passedWithFailures || findings.length > 0
    const said = report?.reason?.message ?? lastWords(ended)
    return { record, findings, trouble: isKnown && report !== undefined ? undefined : said }
  })
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

function findingsIn(
  { line, text, hosts, unexpected }: ReadStep,
  { feature, run }: HistoryEntry,
): DriftFinding[] {
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
