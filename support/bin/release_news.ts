import { makeChannels } from '../composition/notification_channels'
import { loadTeamExtensions } from '../composition/team_extensions'
import type { Environment } from '../config/environment'
import type { NewsSettings } from '../config/pipeline_setting'
import type { RunSurroundings } from '../run/parameters'
import type { Part } from '../server/part'
import { releaseParts } from '../server/releases_part'
import { systemClock } from '../system/clock'
import { LockstepError } from '../system/errors'

/**
 * Returns the parts of `lockstep serve` that tell people of releases.
 * @throws LockstepError `bad-config` where the environment has no channel that would tell one
 */
export function releaseNews(
  { where }: NewsSettings,
  environment: Environment,
  context: RunSurroundings,
  cwd: string,
): readonly Part[] {
  const channels = makeChannels(environment, systemClock, loadTeamExtensions(context, cwd).channels)
  const parts = releaseParts({ environment: environment.name, channels })
  if (parts.length > 0) return parts
  throw new LockstepError(
    'bad-config',
    `${where}: nobody would be told: no channel among the notifications of ${environment.name} takes "release created"; expected one, such as email, with on: [release created]`,
  )
}
