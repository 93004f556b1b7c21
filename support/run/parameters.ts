import { join } from 'node:path'
import { existsSync } from 'node:fs'
import { hostname } from 'node:os'
import type { ProcessContext } from '../config/mcollective_cfg'
import { expectSettings, expectParameters, readSetting } from '../config/settings'
import { LockstepError } from '../system/errors'
import type { BeginAgain } from './again'
import { errandIn, type Errand } from './errand'
import { foldersIn, type Folders } from './folders'
import { INTENTS, isTarget, MODES, modeOf, type ModeParameters } from './modes'

/** The parameters by which a profile describes the run; cucumber hands them over as world parameters. */
export interface RunParameters extends ModeParameters {
  /** True when the same run, begun again right away, has to change nothing. */
  idempotence?: boolean
  /** The plan that was approved, by name or path; nothing else may be done. */
  plan?: string
  /** The only hosts of the roll call that the run is for, in ClusterShell's form. */
  limit?: string
  /** The name that the run gives its release. */
  release?: string
  /** A named environment of lockstep.yaml. */
  environment?: string
  /** The description of an embedded fleet. */
  fleet?: string
  /** The id of the run that this one goes on from. */
  resume?: string
}

/**
 * Refuses a parameter or setting that means nothing, since it would otherwise be a rollout for real. A run that changes
 * nothing is asked for by name.
 * @throws LockstepError `bad-input`
 */
export function expectMeaningful(parameters: RunParameters, env: ProcessContext['env']): void {
  expectSettings(env)
  expectParameters({ ...parameters })
  const { mode = 'embedded', intent } = parameters
  const isBegunByAnother = errandIn(env) !== undefined
  const refused = (why: string) => new LockstepError('bad-input', `${why}; nothing was sent`)
  if (!isTarget(mode))
    throw refused(`the worldParameters say mode ${JSON.stringify(mode)}; it is embedded or live`)
  if (intent !== undefined && !INTENTS.includes(intent))
    throw refused(
      `the worldParameters say intent ${JSON.stringify(intent)}; it is plan, drift or rehearse, or is left out`,
    )
  const { target, purpose, profile } = MODES[modeOf(parameters)]
  if (target === 'embedded' && mode !== target)
    throw refused('a rehearsal is for simulated hosts, and this one names the fleet too; leave out -p live')
  if (target !== mode)
    throw refused(
      `the worldParameters say intent ${intent}, which is for hosts of an environment, and mode ${mode}; say -p ${profile}`,
    )
  if (parameters.idempotence === true && purpose !== 'rollout' && !isBegunByAnother)
    throw refused(
      `the idempotence check follows a rollout, and this run is none; say -p live -p idempotence or -p default -p idempotence`,
    )
  if (intent === undefined && isBegunByAnother)
    throw refused(
      'another run has begun this one, which has to change nothing and would; leave intent out of your own worldParameters',
    )
}

/** Returns the path of the file that names environments; undefined where there is none. */
export function configPath({ env }: ProcessContext, cwd: string): string | undefined {
  const named = readSetting(env, 'LOCKSTEP_CONFIG')
  if (named !== undefined) return named
  const usual = join(cwd, 'lockstep.yaml')
  return existsSync(usual) ? usual : undefined
}

/** The surroundings of a run: the process that it is in, and its folders. */
export interface RunSurroundings extends ProcessContext {
  folders: Folders
  /** Why another run has begun this one; undefined for a run that a person has begun. */
  errand: Errand | undefined
  /** The digest of the only code that may run; undefined where any may. */
  code?: string | undefined
  /** The people of the console who have begun and approved the run, in words; undefined for a run of a terminal. */
  people?: string | undefined
  /** Begins another run in the process of this one; undefined where each has to have a process of its own. */
  beginAgain?: BeginAgain
}

/**
 * Returns the surroundings of a run that has this environment.
 * @throws LockstepError `bad-input` for an errand that no run has given
 */
export function surroundingsOf(env: ProcessContext['env']): RunSurroundings {
  const errand = errandIn(env)
  return { env, hostname: hostname(), uid: process.getuid?.() ?? 0, folders: foldersIn(env, errand), errand }
}
