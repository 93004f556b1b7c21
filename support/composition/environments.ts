import { existsSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { findClientCfg, readClientCfg } from '../config/client_cfg'
import type { ProcessContext } from '../config/mcollective_cfg'
import type { Environment } from '../config/environment'
import { expectParameters, expectSettings, readSetting } from '../config/settings'
import { LockstepError } from '../system/errors'
import type { EmbeddedContext } from '../simulation/embedded'
import type { PlannedScenario } from '../run/run'

/** The parameters by which a profile describes the run; cucumber hands them over as world parameters. */
export interface RunParameters {
  mode?: 'embedded' | 'live'
  /** The purpose of the run; a rollout where it is left out. */
  intent?: 'plan' | 'drift' | 'rehearse'
  /** True when the same run, begun again right away, has to change nothing. */
  twice?: boolean
  /** The plan that was approved, by name or path; nothing else may be done. */
  plan?: string
  /** The name that the run gives its release. */
  release?: string
  /** A named environment of lockstep.yaml. */
  environment?: string
  /** The description of an embedded fleet. */
  fleet?: string
  /** The id of the run that this one goes on from. */
  resume?: string
}

const MODES = new Set(['embedded', 'live'])
const INTENTS = new Set(['plan', 'drift', 'rehearse'])

/**
 * Refuses a parameter or setting that means nothing, since it would otherwise be a rollout for real. A run that changes
 * nothing is asked for by name.
 * @throws LockstepError `bad-input`
 */
export function expectMeaningful(parameters: RunParameters, env: ProcessContext['env']): void {
  expectSettings(env)
  expectParameters({ ...parameters })
  const { mode = 'embedded', intent } = parameters
  const refused = (why: string) => new LockstepError('bad-input', `${why}; nothing was sent`)
  if (!MODES.has(mode))
    throw refused(`the worldParameters say mode ${JSON.stringify(mode)}; it is embedded or live`)
  if (intent !== undefined && !INTENTS.has(intent))
    throw refused(
      `the worldParameters say intent ${JSON.stringify(intent)}; it is plan, drift or rehearse, or is left out`,
    )
  if (intent === 'rehearse' && mode !== 'embedded')
    throw refused('a rehearsal is for simulated hosts, and this one names the fleet too; leave out -p live')
  if (intent === undefined && (env[BEGUN_BY] ?? '') !== '')
    throw refused(
      'another run has begun this one, which has to change nothing and would; leave intent out of your own worldParameters',
    )
}

/** The environment variable that marks a run begun by another one: it plans, rehearses or looks for drift. */
export const BEGUN_BY = 'LOCKSTEP_BEGUN_BY'

export const EMBEDDED_FLEET = join(__dirname, '..', 'simulation', 'fleet.yaml')

/** The environment that a rollout goes to, and the simulation that has to be stopped when it is over. */
export interface Surrounded {
  environment: Environment
  embedded: EmbeddedContext | undefined
}

/**
 * Returns the environment that a profile means: an embedded fleet, started here, or the one that is configured.
 * @throws LockstepError `bad-config`; nothing was sent then
 */
export async function environmentFor(
  parameters: RunParameters,
  context: ProcessContext,
  cwd: string,
  plan: readonly PlannedScenario[],
): Promise<Surrounded> {
  if ((parameters.mode ?? 'embedded') === 'embedded') {
    // The simulation is loaded only here: a live run has no use for it.
    const { embeddedFleet, startEmbedded } = require('../simulation/embedded') as typeof import('../simulation/embedded')
    const fleet =
      parameters.intent === 'rehearse'
        ? await fleetToRehearse(parameters, context, cwd, plan)
        : embeddedFleet(parameters, context)
    return startEmbedded(fleet, context)
  }
  return { environment: liveEnvironment(parameters, context, cwd), embedded: undefined }
}

async function fleetToRehearse(
  parameters: RunParameters,
  context: ProcessContext,
  cwd: string,
  plan: readonly PlannedScenario[],
) {
  const { rehearsedFleet } = require('../rehearsal/rehearsed_fleet') as typeof import('../rehearsal/rehearsed_fleet')
  return rehearsedFleet(plan, { parameters, context, cwd, embedded: EMBEDDED_FLEET })
}

/**
 * Reads the environment of real hosts from lockstep.yaml, or else from an MCollective client configuration.
 * @throws LockstepError `bad-config`
 */
export function liveEnvironment(
  { environment }: RunParameters,
  context: ProcessContext,
  cwd: string,
): Environment {
  const config = configPath(context, cwd)
  const wanted = environment ?? readSetting(context.env, 'LOCKSTEP_ENVIRONMENT')
  if (config !== undefined) {
    // The reader of lockstep.yaml is loaded only here: an mco configuration needs neither YAML nor a schema.
    const { readLockstepYaml } =
      require('../config/lockstep_yaml') as typeof import('../config/lockstep_yaml')
    return readLockstepYaml(config, wanted, context)
  }
  if (wanted !== undefined) {
    throw new LockstepError(
      'bad-config',
      `${environment === undefined ? 'LOCKSTEP_ENVIRONMENT' : 'the world parameter environment'}: the environment ${wanted} was asked for, but there is no lockstep.yaml here; write one, or name it with LOCKSTEP_CONFIG`,
    )
  }
  const client = findClientCfg(context)
  if (client === undefined) {
    const places = '~/.mcollective, /etc/puppetlabs/mcollective/client.cfg, /etc/mcollective/client.cfg'
    throw new LockstepError(
      'bad-config',
      `there is no fleet to talk to: no lockstep.yaml here, and no MCollective client configuration in ${places}; name one with MCOLLECTIVE_CONFIG=<file>`,
    )
  }
  return readClientCfg(client, context)
}

/** Returns the path of the file that names environments; undefined where there is none. */
export function configPath({ env }: ProcessContext, cwd: string): string | undefined {
  const named = readSetting(env, 'LOCKSTEP_CONFIG')
  if (named !== undefined) return named
  const usual = join(cwd, 'lockstep.yaml')
  return existsSync(usual) ? usual : undefined
}

export function processContext(): ProcessContext {
  return { env: process.env, hostname: hostname(), uid: process.getuid?.() ?? 0 }
}
