import { AsyncLocalStorage } from 'node:async_hooks'
import type { Composition } from './composition'
import { Account } from '../run/account'
import { takeBegunWith, type BegunWith } from '../run/begun_with'
import { BEGUN_BY } from '../run/errand'
import { surroundingsOf, type RunParameters, type RunSurroundings } from '../run/parameters'
import { Run } from '../run/run'
import { takeCode } from '../run/expect_code'
import { takeRunId } from '../run/run_id'
import { keyOf, type ScenarioKey } from '../run/scenario_runs'
import { peopleOfRollout } from '../starts/people_of_rollout'
import { systemClock } from '../system/clock'
import { LockstepError } from '../system/errors'

/**
 * The state that the plugin, hooks and formatters of one run share: cucumber gives them no way to hand anything to each
 * other.
 */
export class Session {
  readonly run: Run
  /** The lines of features by their node in the syntax tree. */
  readonly lines = new Map<string, number>()
  readonly account = new Account((nodes) => this.lineOf(nodes), {
    concluded: (scenario, line) => this.run.state.hasConcluded(scenario, line),
    reached: (scenario, line) => this.reached.has(`${keyOf(scenario)} ${line}`),
  })
  parameters: RunParameters = {}
  /** The parts of the run, being put together; undefined until its first scenario is about to begin. */
  composing: Promise<void> | undefined
  composition: Composition | undefined
  stopListening = () => {}
  /** The moment at which the scenario began, by a clock that does not jump. */
  scenarioBegan = 0
  /** True once Lockstep's plugin has begun to follow the run. */
  hasPlugin = false
  /** True where no plugin of a team takes part. */
  hasOwnPluginsOnly = false
  /** True where extensions of a team take part. */
  hasExtensions = false
  /** True once the run has shown its outcome. */
  isOver = false
  private readonly reached = new Set<string>()

  constructor(
    readonly surroundings: RunSurroundings,
    /** The arguments of cucumber-js. */
    readonly args: readonly string[],
    /** The command of `lockstep` that the run was begun with; undefined for one of cucumber-js. */
    readonly begunWith: BegunWith | undefined,
    /** True for the run that the process is for; false for one that another run of the process has begun. */
    readonly isOwnProcess: boolean,
    /** The id that the run was given; undefined where it makes its own. */
    id?: string,
  ) {
    this.run = new Run(systemClock, id)
  }

  lineOf(astNodeIds: readonly string[]): number {
    return this.lines.get(astNodeIds[0] ?? '') ?? 0
  }

  /** Returns the scenario of a pickle, as it is named in every run of its feature. */
  scenarioOf({ uri, astNodeIds }: { uri: string; astNodeIds: readonly string[] }): ScenarioKey {
    return { uri, scenarioId: String(this.lineOf(astNodeIds.slice(-1))) }
  }

  /** Notes that the code of the current line has reached its rollout, by saying or asking something. */
  reach(): void {
    const { current } = this.run.state
    this.reached.add(`${keyOf(current)} ${current.line}`)
  }
}

const inside = new AsyncLocalStorage<Session>()
let ofProcess: Session | undefined

/** Returns the session of the run that the calling code belongs to. */
export function session(): Session {
  return inside.getStore() ?? (ofProcess ??= beginOfProcess())
}

/** Does a work whose code, and all that it begins, belongs to a run of its own. */
export function within<T>(own: Session, work: () => Promise<T>): Promise<T> {
  return inside.run(own, work)
}

function beginOfProcess(): Session {
  const args = process.argv.slice(2)
  const begunWith = takeBegunWith(process.env)
  try {
    const id = takeRunId(process.env)
    const code = takeCode(process.env)
    const surroundings = surroundingsOf(process.env)
    const people = id === undefined ? undefined : peopleOfRollout(id, surroundings.folders.state)
    return new Session({ ...surroundings, code, people }, args, begunWith, true, id)
  } catch (error) {
    if (!(error instanceof LockstepError)) throw error
    const surroundings = surroundingsOf({ ...process.env, [BEGUN_BY]: undefined })
    const refused = new Session(surroundings, args, begunWith, true)
    refused.run.refuse(error)
    return refused
  }
}
