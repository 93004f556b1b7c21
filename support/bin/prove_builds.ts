import { homedir } from 'node:os'
import { dirname, isAbsolute, join } from 'node:path'
import { buildUsersOf } from '../pipeline/build_users'
import { proveBuildUser } from '../pipeline/prove_build_user'
import { decidingFiles } from '../run/deciding_files'
import { VARIABLES_FILE } from '../server/unit'
import { systemClock } from '../system/clock'
import { runCommand } from '../system/command'
import type { Call } from './command'
import type { ServeSettings } from './serve_settings'

/**
 * Proves that builds can run as their users, and that these users can read no secret and change nothing that decides.
 * @throws LockstepError `bad-config`
 */
export async function proveBuilds(
  { pipeline: { repositories, spool, secretFiles }, pages, watched }: ServeSettings,
  { state, config, env }: { state: string; config: string } & Pick<Call, 'env'>,
): Promise<void> {
  const programs = [process.execPath, ...(env['PATH'] ?? '').split(':').filter(isAbsolute)]
  const folder = dirname(config)
  // What stands beside a feature, such as cucumber.js and steps of a team, decides what it does.
  const deployed = repositories.flatMap(({ deploys = [] }) =>
    deploys.flatMap(({ feature }) => decidingFiles(folder, feature)),
  )
  const secrets = [...secretFiles, ...(pages?.secretFiles ?? []), ...(watched?.settings.secretFiles ?? [])]
  const guarded = {
    state,
    secrets: [...secrets, join(homedir(), '.netrc'), VARIABLES_FILE],
    others: [config, spool, join(spool, 'new'), join(spool, 'tmp'), __dirname, ...programs, ...deployed],
  }
  const own = process.geteuid?.() ?? -1
  for (const user of buildUsersOf(repositories))
    await proveBuildUser(user, guarded, { run: runCommand, clock: systemClock, own })
}
