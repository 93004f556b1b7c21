import type { PlannedFor } from '../planning/planner'
import type { Balancers } from '../rollout/ports'
import type { Rollout } from '../rollout/rollout'
import { MODES, traitsOf } from '../run/modes'
import { expectCode } from '../run/expect_code'
import { configPath, expectMeaningful, type RunParameters, type RunSurroundings } from '../run/parameters'
import type { Run } from '../run/run'
import { balancersOf } from './balancers'
import type { DowntimesOfRun } from './downtimes'
import { beginClearing, beginFeature } from './begin_feature'
import { cutOffRun, endRun } from './end_run'
import { environmentFor } from './environments'
import { wholeFleetName } from './fleet_name'
import { expectAnalysis } from './expect_analysis'
import { expectBalancers } from './expect_balancers'
import { expectDowntimes } from './expect_downtimes'
import { expectExtensions } from './expect_extensions'
import { expectHeardOut } from './hear_out'
import { lazy } from './lazy'
import { openRun } from './open_run'
import { beginnerOf, modeOfRollout, type ComposedRun } from './run_context'
import { loadTeamExtensions } from './team_extensions'
import { tellWaves } from './waves_told'

/** Puts together everything that a run needs; the one place where all parts meet. */
export class Composition {
  /** The balancers of the environment, by the names that features call them. */
  readonly balancers: Balancers
  readonly downtimes: DowntimesOfRun

  private constructor(private readonly whole: ComposedRun) {
    const { environment, extensions, embedded } = whole.parts
    this.balancers = balancersOf(environment, { extensions, isSimulated: embedded !== undefined })
    this.downtimes = whole.parts.downtimes
  }

  /**
   * Puts a run together from its parameters and surroundings.
   * @throws LockstepError `bad-config`; nothing was sent then
   */
  static async compose(
    run: Run,
    parameters: RunParameters,
    context: RunSurroundings,
    cwd: string,
  ): Promise<Composition> {
    expectMeaningful(parameters, context.env)
    expectCode(context.code, configPath(context, cwd))
    const extensions = loadTeamExtensions(context, cwd)
    const tickets = await ticketsFor(run, parameters, context)
    const surrounded = await environmentFor(parameters, context, cwd, run.features.scenarios)
    try {
      expectExtensions(surrounded.environment, extensions)
      const whole = openRun(run, { parameters, context, cwd, surrounded, extensions, tickets })
      expectBalancers(whole)
      expectDowntimes(whole)
      await expectAnalysis(whole)
      await expectPlanned(whole, parameters.plan ?? context.env['LOCKSTEP_PLAN'])
      return new Composition(whole)
    } catch (error) {
      await surrounded.embedded?.stop()
      throw error
    }
  }

  /** Returns the rollout of a feature, and begins it when first asked; all scenarios of the feature share it. */
  async rolloutOf(feature: string): Promise<Rollout> {
    const { run, rollouts, parts, notifications } = this.whole
    const known = rollouts.get(feature)
    if (known !== undefined) {
      parts.journals.goOn(feature)
      run.changeMode(modeOfRollout(this.whole, known))
      return known
    }
    await expectHeardOut(this.whole)
    run.changeMode(parts.beginsAs)
    const rollout = await beginFeature(this.whole, feature)
    rollouts.set(feature, rollout)
    const activated = parts.context.env['LOCKSTEP_ACTIVATE']
    if (activated !== undefined && activated !== '') await rollout.release.activate(activated)
    notifications?.started()
    return rollout
  }

  /** Begins a rollout that belongs to no feature; the rollout clears up after `runs`. */
  async beginWithout(what: string, runs: readonly string[]): Promise<Rollout> {
    return beginClearing(this.whole, what, runs)
  }

  /** Tells the simulated hosts, if there are any, that a line begins; they may be waiting for it. */
  beginStep(text: string, { waves }: Rollout): void {
    this.whole.parts.embedded?.fleet.beginStep(text, waves.current?.hosts)
  }

  /** Tells what the end of a scenario has made of its waves. */
  async endScenario(feature: string, rollout: Rollout): Promise<void> {
    await tellWaves(this.whole.run, feature, rollout, this.whole.parts.journals.of(feature))
  }

  /** Ends the run. It looks once more at what was put back unseen, writes its end into the journal, and lets all go. */
  async end(): Promise<void> {
    await endRun(this.whole, () => plannedFor(this.whole))
  }

  /** Tells the world that the run has ended. Its end is on disk by then, with all that cucumber has made of it. */
  async tellEnd(): Promise<void> {
    await this.whole.notifications?.end()
  }

  /**
   * Lets go of all that is left of a run that has said all, its outcome too. It is for a run within another one: the
   * end of a process lets go by itself. A run that broke off still has its fleet.
   */
  async letGo(): Promise<void> {
    const { fleet, embedded, file, log } = this.whole.parts
    await fleet.close()
    await embedded?.stop()
    await file.close()
    log.close()
  }

  /** Writes down at once what is known when the process ends in mid-run, since nothing can be waited for. */
  cutOff(): void {
    cutOffRun(this.whole)
  }
}

/** Asks for the tickets of a run, only where it changes hosts that are not this process's own. */
async function ticketsFor(
  run: Run,
  parameters: RunParameters,
  { env }: RunSurroundings,
): Promise<readonly string[]> {
  const { scenarios } = run.features
  if (!traitsOf(parameters).rollsOut || scenarios.length === 0) return []
  return lazy.tickets.ticketsOf(scenarios, env['LOCKSTEP_TICKET'], () => lazy.command)
}

/** Keeps a run to the plan that is wanted of it, by name or path; without one, a run may do what it says. */
async function expectPlanned(whole: ComposedRun, wanted: string | undefined): Promise<void> {
  const { run, parts } = whole
  const { context } = parts
  // A rollout that clears up after other runs belongs to no feature that could be planned.
  const { rollsOut } = MODES[run.mode]
  if (wanted === undefined || wanted === '' || !rollsOut || run.state.plan.length === 0) return
  const { expectPlanned: approve } = lazy.planner
  whole.approved = await approve(wanted, run, plannedFor(whole), context.folders.reports, beginnerOf(context))
}

function plannedFor({ run: { state }, parts }: ComposedRun): PlannedFor {
  const { environment, embedded, limit } = parts
  const fleet = embedded === undefined ? wholeFleetName(environment) : 'embedded'
  const features = [...new Set(state.plan.map(({ uri }) => uri))].sort()
  const parameters = features.flatMap((uri) => [...state.variablesIn(uri)])
  return {
    environment: environment.name,
    fleet,
    parameters: Object.fromEntries(parameters),
    ...(limit === undefined ? {} : { limit: limit.text }),
  }
}
