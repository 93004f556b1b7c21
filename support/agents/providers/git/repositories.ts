import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import type { CommandRunner } from '../../../system/command'
import type { GitRepositories } from '../../git'
import { hostRepository } from './repository'
import { runAs } from './run_as'
import type { RepositorySettings } from './settings'
import { switchRecord } from './switch_record'

export interface HostRepositoriesParts {
  repositories: readonly RepositorySettings[]
  run: CommandRunner
  /** The folder of the daemon for what it has done to each repository. */
  records: string
  now: () => number
  /** The user id of this process. */
  uid: number
}

/** Returns the repositories that this host's configuration names. */
export function hostRepositories({
  repositories,
  run,
  records,
  now,
  uid,
}: HostRepositoriesParts): GitRepositories {
  const found = new Map(
    repositories.map((settings) => [
      settings.name,
      hostRepository({
        settings,
        run: runAs(settings.user, run, uid),
        record: switchRecord(join(records, `${settings.name}.json`)),
        now,
        newId: randomUUID,
      }),
    ]),
  )
  return { names: [...found.keys()], find: (name) => found.get(name) }
}
