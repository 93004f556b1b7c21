import { dirname } from 'node:path'
import { readConsoleApproval, type ConsoleSettings } from '../config/console_setting'
import { readVariables } from '../config/variables_file'
import type { StartSources } from '../console/starts/start_sources'
import { startRunsIn } from '../deploys/command_starts'
import { FreshFile } from '../people/file_identity'
import { surroundingsOf } from '../run/parameters'
import { systemClock } from '../system/clock'
import type { Call } from './command'

/** Returns where the pages of starts have their facts from, beside a `lockstep serve`. */
export function startSources(
  { features, environments }: Pick<ConsoleSettings, 'features' | 'environments'>,
  {
    config,
    state,
    env,
    desk,
    rights,
  }: { config: string; state: string; env: Call['env'] } & Pick<StartSources, 'desk' | 'rights'>,
): StartSources {
  // The words of the moment count, and while they cannot be read, the strictest ones.
  const approvals = new FreshFile(config, readConsoleApproval, () => {})
  return {
    folder: dirname(config),
    features,
    environments,
    approvalIn: (environment) => approvals.content?.[environment] ?? 'another person',
    variablesOf(environment) {
      const variables = readVariables(config, environment, surroundingsOf(env))
      variables.check()
      return new Map(
        variables.names.map((name) => [name, variables.isSecret(name) ? 'secret' : 'plain'] as const),
      )
    },
    runs: startRunsIn(state),
    desk,
    rights,
    now: systemClock.now,
  }
}
