import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { RepositorySettings } from '../config/pipeline_setting'
import type { Clock } from '../system/clock'
import type { CommandRunner } from '../system/command'
import { namesIn } from '../system/regular_file'
import type { BuildFolders } from './build_folders'
import { BuildUser, lookUpAccount } from './build_user'
import { clearBuildsOf, UserPlace } from './user_place'

export interface BuildUsersParts {
  repositories: readonly RepositorySettings[]
  /** The folder of the state. */
  state: string
  run: CommandRunner
  clock: Clock
}

/** Returns the names of the users that builds are configured to run as. */
export function buildUsersOf(repositories: readonly RepositorySettings[]): string[] {
  return [...new Set(repositories.flatMap(({ build }) => build?.user ?? []))]
}

/** Returns the folder that has a file for each user that builds of a state have run as. */
export function knownBuildUsersIn(state: string): string {
  return join(state, 'pipeline', 'build_users')
}

/** The users that builds run as, and those that builds ran as before the configuration was changed. */
export class BuildUsers {
  private readonly users = new Map<string, BuildUser>()

  constructor(private readonly parts: BuildUsersParts) {}

  /** Looks the users up. @throws LockstepError `bad-config` where one that is configured is gone */
  async open(): Promise<void> {
    const { repositories, run, clock } = this.parts
    for (const name of buildUsersOf(repositories))
      this.users.set(name, new BuildUser(await lookUpAccount(name, run), run, clock))
  }

  /** Ends and removes what builds have left that another process began. Returns why something is left. */
  async endLeft(): Promise<string[]> {
    const { state, run, clock } = this.parts
    const whys: (string | undefined)[] = []
    for (const user of this.users.values()) whys.push((await user.endAll()) ?? (await clearBuildsOf(user)))
    for (const name of namesIn(knownBuildUsersIn(state)).filter((each) => !this.users.has(each))) {
      const account = await lookUpAccount(name, run).catch(() => undefined)
      const left = account && (await new BuildUser(account, run, clock).endAll())
      whys.push(left)
      // From here on, the user may do something else.
      if (left === undefined) rmSync(join(knownBuildUsersIn(state), name), { force: true })
    }
    return whys.filter((why) => why !== undefined)
  }

  /** @throws Error for a user that was not looked up */
  placeOf(name: string, folders: BuildFolders): UserPlace {
    const user = this.users.get(name)
    if (user === undefined) throw new Error(`the user ${name} is not known`)
    return new UserPlace(user, folders, this.parts.run)
  }
}
