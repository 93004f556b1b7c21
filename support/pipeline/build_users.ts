import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { userOf } from '../config/build_setting'
import type { RepositorySettings } from '../config/pipeline_setting'
import type { Clock } from '../system/clock'
import type { CommandRunner } from '../system/command'
import { namesIn } from '../system/regular_file'
import type { BuildFolders } from './build_folders'
import { processesOf } from '../system/user_processes'
import { writeWhole } from '../system/whole_file'
import { BuildUser, lookUpAccount, nameOfUser, type Account } from './build_user'
import { clearBuildsOf, UserPlace } from './user_place'

export interface BuildUsersParts {
  /** The names of the users that builds are configured to run as. */
  users: readonly string[]
  /** The folder of the state. */
  state: string
  run: CommandRunner
  clock: Clock
}

/** Returns the names of the users that builds are configured to run as. */
export function buildUsersOf(repositories: readonly RepositorySettings[]): string[] {
  return [...new Set(repositories.flatMap(({ build }) => userOf(build) ?? []))]
}

/** The users that builds of a state have run as, in a folder with a file for each. Ids stay known where a name is gone. */
export class KnownBuildUsers {
  private readonly path: string

  constructor(state: string) {
    this.path = join(state, 'pipeline', 'build_users')
  }

  has({ name, uid }: KnownBuildUser): boolean {
    return existsSync(this.fileOf({ name, uid }))
  }

  add(user: KnownBuildUser): void {
    writeWhole(this.fileOf(user), '')
  }

  remove(user: KnownBuildUser): void {
    rmSync(this.fileOf(user), { force: true })
  }

  get all(): KnownBuildUser[] {
    return namesIn(this.path).flatMap((file) => {
      const [, name = '', uid = ''] = /^(.+)~(\d+)$/.exec(file) ?? []
      return name === '' ? [] : [{ name, uid: Number(uid) }]
    })
  }

  private fileOf({ name, uid }: KnownBuildUser): string {
    return join(this.path, `${name}~${uid}`)
  }
}

type KnownBuildUser = Pick<Account, 'name' | 'uid'>

/** The users that builds run as, and those that builds ran as before the configuration was changed. */
export class BuildUsers {
  private readonly users = new Map<string, BuildUser>()

  constructor(private readonly parts: BuildUsersParts) {}

  /** Looks the users up. @throws LockstepError `bad-config` where one that is configured is gone */
  async open(): Promise<void> {
    const { users, run, clock } = this.parts
    for (const name of users) this.users.set(name, new BuildUser(await lookUpAccount(name, run), run, clock))
  }

  /** Ends and removes what builds have left that another process began. Returns why something is left. */
  async endLeft(): Promise<string[]> {
    const whys: (string | undefined)[] = []
    for (const user of this.users.values()) whys.push((await user.endAll()) ?? (await clearBuildsOf(user)))
    const known = new KnownBuildUsers(this.parts.state)
    for (const old of known.all.filter(({ name, uid }) => this.users.get(name)?.account.uid !== uid))
      whys.push(await this.endOld(old, known).catch((error: Error) => error.message))
    return whys.filter((why) => why !== undefined)
  }

  /** Ends what builds of a user have left that is configured no longer, or has another id by now. */
  private async endOld(old: KnownBuildUser, known: KnownBuildUsers): Promise<string | undefined> {
    const { name, uid } = old
    const { run, clock } = this.parts
    const owner = (await nameOfUser(uid, run)) ?? name
    const account = { name, uid, gid: uid, home: '/', shell: '' }
    const left = owner === name ? await new BuildUser(account, run, clock).endAll() : strangers(old, owner)
    // From here on, the user may do something else. What another one runs is said once.
    if (left === undefined || owner !== name) known.remove(old)
    return left
  }

  /** @throws Error for a user that was not looked up */
  placeOf(name: string, folders: BuildFolders): UserPlace {
    const user = this.users.get(name)
    if (user === undefined) throw new Error(`the user ${name} is not known`)
    return new UserPlace(user, folders, this.parts.run)
  }
}

/** Returns why processes of a user id cannot be ended that another user has by now; undefined where there are none. */
function strangers({ name, uid }: KnownBuildUser, owner: string): string | undefined {
  const left = processesOf(uid).slice(0, 5)
  return left.length === 0
    ? undefined
    : `builds ran as ${name} with the user id ${uid}, which ${owner} has now; see whether a build has left ${left.join(', ')}`
}
