import { runCommand } from '../../../system/command'
import { folderLooksContract } from '../../../testing/folder_looks_contract'
import { localFolderLooks } from './folder_looks_local'
import { shellFolderLooks } from './folder_looks_shell'

describe('looks at the folder of a repository on this host', () => folderLooksContract(localFolderLooks))

describe('looks at the folder of a repository by a shell', () =>
  folderLooksContract(shellFolderLooks(runCommand)))
