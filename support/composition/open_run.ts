import { hostname, userInfo } from 'node:os'
import { join, relative, resolve } from 'node:path'
import { secretsOf, type Environment } from '../config/environment'
import type { Extensions } from '../extensions/extensions'
import { withVariables } from '../preflight/run_variables'
import { readSetting } from '../config/settings'
import { parseLimit, type Limit } from '../rollout/model/limit'
import { linksOf } from '../rollout/model/family'
import { Ledger } from '../rollout/model/ledger'
import { findLeftHosts, nextOrder, type RunEntries } from '../rollout/model/out_of_rotation'
import type { ExpectedHosts } from '../rollout/ports'
import type { Rollout } from '../rollout/rollout'
import { readRunJournal, readRunJournals, type RunJournal } from '../run/journals'
import { MODES, modeOf, type Mode } from '../run/modes'
import { configPath, type RunParameters, type RunSurroundings } from '../run/parameters'
import type { Run } from '../run/run'
import type { Surrounded } from '../simulation/embedded'
import { contractsWith } from '../rpc/contracts'
import { systemClock } from '../system/clock'
import { JournalFile } from '../system/journal_file'
import { openLog } from '../system/log'
import { redactorOfOthers } from '../system/redaction'
import { downtimesOf } from './downtimes'
import { FeatureJournals } from './feature_journals'
import { hearUnsolicited } from './hear_out'
import { lazy } from './lazy'
import { mcollectiveFleet } from './mcollective_fleet'
import { isInSafeMode, expectReleaseName } from './modes'
import type { NotificationListener } from './notification_listener'
import { journalToResume, runToResume } from './resume'
import type { ComposedRun } from './run_context'

/** The parts that a run is opened with. */
interface Opening {
  parameters: RunParameters
  context: RunSurroundings
  cwd: string
  surrounded: Surrounded
  extensions: Extensions
  tickets: readonly string[]
}

/**
 * Opens a run: its journal and log, its fleet, and what earlier runs have left. The journal says where the run goes
 * before anything is sent.
 */
export function openRun(run: Run, opening: Opening): ComposedRun {
  const { parameters, context, cwd, surrounded, extensions, tickets } = opening
  const { environment: bare, embedded } = surrounded
  const environment = withVariables(bare, run.features.substitution, parameters, context)
  const secrets = secretsOf(environment)
  // A run of no feature puts hosts back, and that is never only planned.
  const isSafe = isInSafeMode(environment, context.env) && run.features.scenarios.length > 0
  const beginsAs = modeOf(parameters, isSafe)
  run.changeMode(beginsAs)
  const { purpose, journals } = MODES[beginsAs]
  const state = stateFolder(context, cwd)
  const file = new JournalFile(join(state, journals), run.id, () => systemClock.now())
  run.conceal(secrets)
  run.stream.openInto(file)
  const { records, faults } = earlierRuns(beginsAs, context, cwd)
  const outBefore = findLeftHosts(records)
  const resumed = runToGoOnFrom(beginsAs, parameters, context, records)
  const limit = limitOf(run, parameters, context)
  const chosen = parameters.environment ?? context.env['LOCKSTEP_ENVIRONMENT']
  run.begin({
    mode: beginsAs,
    environment: environment.name,
    ...(chosen === undefined ? {} : { chosen }),
    journal: relative(cwd, file.path),
    by: whoRuns(context),
    tickets,
    warnings: environment.warnings,
    outBefore,
    notKnownBefore: faults,
    ...(limit === undefined ? {} : { limit: limit.text }),
    ...(resumed === undefined ? {} : { resumes: resumed.run }),
  })
  const rollouts = new Map<string, Rollout>()
  const byFeature = new FeatureJournals(run.stream)
  const ledger = new Ledger(byFeature.ofLedger, outBefore)
  const log = openLog(join(state, 'logs'), run.id, secrets)
  const fleet = mcollectiveFleet(
    environment,
    log,
    {
      message: (message) => hearUnsolicited(run, rollouts, message),
      note: (text) => run.note(text),
      tellWait: run.tellWait,
    },
    contractsWith(extensions.agents),
  )
  const notifications = MODES[run.mode].notifies ? notificationsOf(run, environment, extensions) : undefined
  const inventory = inventoryOf(environment, run)
  const parts = {
    environment,
    fleet,
    file,
    log,
    journals: byFeature,
    ledger,
    downtimes: downtimesOf({
      config: configPath(context, cwd),
      environment: environment.name,
      env: context.env,
      run: run.id,
      lookEvery: environment.lookEvery,
      isSimulated: embedded !== undefined,
    }),
    embedded,
    resumed,
    records,
    order: nextOrder(records),
    links: linksOf(records),
    limit,
    isCheckedAgain: parameters.idempotence === true && purpose === 'rollout',
    context,
    extensions,
    release: expectReleaseName(parameters.release ?? context.env['LOCKSTEP_RELEASE']),
    beginsAs,
  }
  return {
    run,
    parts,
    rollouts,
    notifications,
    inventory,
    approved: undefined,
    locked: [],
    followed: new Set(),
  }
}

/** Returns the name of who runs Lockstep, with that of the control host, behind the people of the console where there are any. */
export function whoRuns({ people }: Pick<RunSurroundings, 'people'>): string {
  const user = `${userInfo().username}@${hostname()}`
  return people === undefined ? user : `${people}, by ${user}`
}

/**
 * Returns the hosts that a run is limited to; undefined where it is for all. A run of no feature has no roll call, and a
 * look for drift has that of the run which it looks at.
 */
function limitOf(run: Run, { limit }: RunParameters, { env }: RunSurroundings): Limit | undefined {
  const said = limit ?? readSetting(env, 'LOCKSTEP_LIMIT')
  const isMeant = run.features.scenarios.length > 0 && MODES[run.mode].purpose !== 'drift'
  return said === undefined || !isMeant ? undefined : parseLimit(said)
}

/** Returns the folder of a run's state. A run that was begun by another leaves it with its reports, and is gone with them. */
function stateFolder({ errand, folders }: RunSurroundings, cwd: string): string {
  return errand === undefined ? resolve(cwd, folders.state) : join(folders.reports, 'state')
}

/** Returns the journals of earlier live runs, and what is wrong with some. A run on simulated hosts has none. */
function earlierRuns(
  mode: Mode,
  { folders }: RunSurroundings,
  cwd: string,
): { records: readonly RunJournal[]; faults: readonly string[] } {
  if (MODES[mode].target !== 'live') return { records: [], faults: [] }
  const { journals, faults } = readRunJournals(resolve(cwd, folders.state, MODES.live.journals))
  return { records: journals, faults }
}

/** Returns the run that is gone on from, or whose state is looked for; undefined where there is none. */
function runToGoOnFrom(
  mode: Mode,
  parameters: RunParameters,
  context: RunSurroundings,
  records: readonly RunJournal[],
): RunEntries | undefined {
  const { errand } = context
  return MODES[mode].purpose === 'drift'
    ? readRunJournal(errand?.why === 'drift' ? errand.journal : '')
    : journalToResume(runToResume(parameters, context), records)
}

// A part that a start has no use for is loaded where it is needed: every file of it takes time.
function notificationsOf(
  run: Run,
  environment: Environment,
  { channels }: Extensions,
): NotificationListener | undefined {
  if (environment.notifications.length === 0) return undefined
  const { NotificationListener: Notifications } = lazy.notifications
  return new Notifications(run, environment, systemClock, Math.random, channels)
}

function inventoryOf(whole: Environment, run: Run): ExpectedHosts | undefined {
  const { name, inventory, environments, inventoried } = whole
  if (inventory.length === 0) return undefined
  const { readExpectedHosts } = lazy.inventory
  const environment = inventoried ?? (environments === undefined ? undefined : name)
  return readExpectedHosts(inventory, {
    environment,
    environments,
    signal: run.stopping.signal,
    redact: redactorOfOthers(secretsOf(whole)),
  })
}
