import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { howToMend } from '../history/recording'
import { findRollback, type Rollback } from '../history/rollback'
import type { HistoryEntry } from '../history/history_record'
import { refuseRollback } from '../history/lasting'
import type { KnownHistory } from '../history/known_history'
import { openHistory } from '../history/open_history'
import { rollbackFeatureOf } from '../reporting/rollback_feature'
import { placeRemaining } from '../rollout/model/remaining'
import { readRunJournal } from '../run/journals'
import { configPath, type RunSurroundings } from '../run/parameters'
import { readJournalState } from '../run/recorded_run'
import type { PlannedScenario } from '../run/run_parts'
import { featureParts } from '../rollout/model/feature_parts'
import { nameHosts } from '../rollout/model/name_hosts'
import { clean } from '../rollout/model/verdict'
import { callsIn, formatRollout, PLACES } from '../system/commands'
import { liveEnvironment } from './environments'
import { isInSafeMode } from './modes'

/** The release that is to be rolled back, and where. */
export interface RollbackAsked {
  release: string
  /** One of the features of the release, where it has several. */
  feature?: string | undefined
  /** The file that the feature is to be written to; undefined where it is printed. */
  to?: string | undefined
}

/** A feature that brings hosts back to the release before, and the commands that lint, plan and run it. */
export interface WrittenRollback {
  text: string
  /** The release that hosts are brought back to, and the number of those hosts. */
  to: string
  hosts: number
  /** The changes that the feature does not undo, in sentences. */
  limits: readonly string[]
  commands: readonly string[]
}

/**
 * Writes the feature of the release before, by the history alone. It asks no host, and changes nothing.
 * @throws LockstepError `bad-input` for a release that is not known, `gate-closed` where the history does not know for
 * sure what was there before
 */
export async function writeRollback(
  { release, feature, to }: RollbackAsked,
  context: RunSurroundings,
  cwd: string,
): Promise<WrittenRollback> {
  const environment = liveEnvironment({}, context, cwd)
  const isSafe = isInSafeMode(environment, context.env)
  const { env, folders } = context
  const store = await openHistory({ config: configPath(context, cwd), env, folders })
  if (store.notKnown !== undefined) throw refuseRollback(store.notKnown)
  const rollback = findRollback(release, runsIn(environment.name, store), feature)
  const { feature: path, journal } = store.evidenceOf(rollback.to)
  const source = readEvidence(rollback.to, path, journal)
  const { plan } = (await readJournalState(journal)).state
  const scenarios = plan.filter(({ uri }) => uri === rollback.to.feature)
  const { hosts, waves } = placeHosts(rollback, journal, scenarios)
  const limits = [...limitsOf(release, rollback), ...(isSafe ? [SAFE_MODE] : [])]
  const commands = commandsFor(to ?? 'rollback.feature', rollback.to.release, isSafe)
  const text = rollbackFeatureOf({
    from: release,
    to: rollback.to.release,
    run: rollback.to.run,
    feature: rollback.to.feature,
    source,
    plan: scenarios,
    hosts,
    waves,
    values: new Map(Object.entries(rollback.to.parameters)),
    versions: rollback.versions,
    limits,
    commands,
  })
  return { text, to: rollback.to.release, hosts: hosts.length, limits, commands }
}

/** Returns the runs of an environment, oldest first. */
function runsIn(environment: string, store: KnownHistory): HistoryEntry[] {
  const { runs, damaged } = store.all()
  const [odd] = damaged
  if (odd !== undefined) throw refuseRollback(`${odd} is no history that can be read; ${howToMend(odd)}`)
  return runs.filter((run) => run.environment === environment).sort((a, b) => (a.began < b.began ? -1 : 1))
}

/** Returns what going back leaves as it is, in sentences. */
function limitsOf(release: string, { others, unchanged }: Rollback): string[] {
  return [
    ...others.map((what) => `Not undone unless a line of the feature does it: ${clean(what)}.`),
    ...(unchanged.length === 0
      ? []
      : [`Left as they are, since release ${release} has not changed them: ${nameHosts(unchanged)}.`]),
    'Data that programs have written since stays as it is. A package manager may refuse an older version: its line fails then.',
  ]
}

/** Returns the text of the feature as it was run. */
function readEvidence({ run, feature, sha256 }: Rollback['to'], path: string, journal: string): string {
  if (!existsSync(path))
    throw refuseRollback(`the text of ${feature} as run ${run} had it is not in the history`)
  if (!existsSync(journal)) throw refuseRollback(`the journal of run ${run} is not in the history`)
  const text = readFileSync(path)
  if (createHash('sha256').update(text).digest('hex') !== sha256)
    throw refuseRollback(`${path} is not what run ${run} was: it was edited since`)
  return text.toString('utf8')
}

/** Returns the hosts in the order of the waves of that run, with the number of them in each of its waves. */
function placeHosts(
  { hosts, to }: Rollback,
  journal: string,
  plan: readonly PlannedScenario[],
): { hosts: readonly string[]; waves: readonly number[] | undefined } {
  const entries = featureParts(readRunJournal(journal).entries).get(to.feature) ?? []
  const taken = entries.flatMap((entry) => (entry.type === 'wave' ? [entry] : []))
  const inWaves = plan.filter(({ wave }) => wave !== undefined)
  if (inWaves.length !== taken.length) {
    if (hosts.length === to.hosts.length) return { hosts: to.hosts, waves: undefined }
    throw refuseRollback(
      `the waves of run ${to.run} are not known one by one, and only some of its hosts go back`,
    )
  }
  const placed = placeRemaining(new Set(hosts), { all: to.hosts, taken, toCome: [] })
  const isWhole = hosts.length === to.hosts.length
  return { hosts: placed.hosts, waves: isWhole ? undefined : placed.waves }
}

const SAFE_MODE =
  'The environment is in safe mode: the first live run changes nothing, and the one that activates the release does.'

/** Returns what is run next. The settings of the first rollout, such as its limit, are not those of going back. */
function commandsFor(path: string, release: string, isSafe: boolean): string[] {
  const { cucumber, env } = callsIn()
  const places = Object.fromEntries(
    [...PLACES, 'LOCKSTEP_INVENTORY', 'LOCKSTEP_SAFE_MODE'].flatMap((name) =>
      env[name] === undefined ? [] : [[name, env[name]]],
    ),
  )
  const format = (profile: string, more: Record<string, string> = {}) =>
    formatRollout(['-p', profile, path], { LOCKSTEP_RELEASE: release, ...more }, { cucumber, env: places })
  const activation = isSafe ? [format('live', { LOCKSTEP_ACTIVATE: release })] : []
  return [format('lint'), format('plan'), format('live'), ...activation]
}
