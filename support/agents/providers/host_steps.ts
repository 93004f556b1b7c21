import type { CommandRunner } from '../../system/command'
import type { HostFiles } from '../../system/host_files'
import type { GuardedFiles } from './access/guarded_files'
import { localGuardedFiles } from './access/guarded_files_local'
import { shellGuardedFiles } from './access/guarded_files_shell'
import type { FolderLooks } from './git/folder_looks'
import { localFolderLooks } from './git/folder_looks_local'
import { shellFolderLooks } from './git/folder_looks_shell'

/** The steps on the files of a host of which no part may stand alone, by the rooms that take them. */
export interface HostSteps {
  /** True for the host on which this process runs. Code of puppet is applied there alone. */
  isHere: boolean
  guarded: GuardedFiles
  folders: FolderLooks
}

/** Returns the steps of this host, by its own file system. */
export const localSteps: HostSteps = { isHere: true, guarded: localGuardedFiles, folders: localFolderLooks }

/** Returns the steps of another host, each by one script of its shell. */
export function shellSteps(run: CommandRunner, files: HostFiles): HostSteps {
  return { isHere: false, guarded: shellGuardedFiles(run, files), folders: shellFolderLooks(run) }
}
