import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import type { CommandRunner } from '../../../system/command'
import type { HostFiles } from '../../../system/host_files'
import type { GitRepositories } from '../../git'
import type { FolderLooks } from './folder_looks'
import { hostRepository } from './repository'
import { runAs } from './run_as'
import type { RepositorySettings } from './settings'
import { switchRecord } from './switch_record'

export interface HostRepositoriesParts {
  repositories: readonly RepositorySettings[]
  run: CommandRunner
  files: HostFiles
  looks: FolderLooks
  /** The folder on the host for what was done to each repository. */
  records: string
  now: () => number
  /** The user id by which programs run on the host. */
  uid: number
}

/** Returns the repositories that this host's configuration names. */
export function hostRepositories({
  repositories,
  run,
  files,
  looks,
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
        files,
        looks,
        record: switchRecord(join(records, `${settings.name}.json`), run, files),
        now,
        newId: randomUUID,
      }),
    ]),
  )
  return { names: [...found.keys()], find: (name) => found.get(name) }
}
