import { findClientCfg, readClientCfg } from '../config/client_cfg'
import type { ProcessContext } from '../config/mcollective_cfg'
import type { Environment } from '../config/environment'
import { readSetting } from '../config/settings'
import { LockstepError } from '../system/errors'
import type { Surrounded } from '../simulation/embedded'
import { MODES, modeOf } from '../run/modes'
import type { PlannedScenario } from '../run/run_parts'
import { configPath, type RunParameters, type RunSurroundings } from '../run/parameters'
import { lazy } from './lazy'

/**
 * Returns the environment that a profile means: an embedded fleet, started here, or the one that is configured.
 * @throws LockstepError `bad-config`; nothing was sent then
 */
export async function environmentFor(
  parameters: RunParameters,
  context: RunSurroundings,
  cwd: string,
  plan: readonly PlannedScenario[],
): Promise<Surrounded> {
  const { target, purpose } = MODES[modeOf(parameters)]
  if (target === 'embedded') {
    // The simulation is loaded only here: a live run has no use for it.
    const { embeddedFleet, startEmbedded } = lazy.embedded
    const fleet =
      purpose === 'rehearsal'
        ? await fleetToRehearse(parameters, context, cwd, plan)
        : embeddedFleet(parameters, context)
    return startEmbedded(fleet, context)
  }
  return { environment: liveEnvironment(parameters, context, cwd), embedded: undefined }
}

async function fleetToRehearse(
  parameters: RunParameters,
  context: RunSurroundings,
  cwd: string,
  plan: readonly PlannedScenario[],
) {
  const { rehearsedFleet } = lazy.rehearsedFleet
  const { EMBEDDED_FLEET } = lazy.embedded
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
    const { readLockstepYaml } = lazy.lockstepYaml
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
