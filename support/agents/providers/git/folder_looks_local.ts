import { existsSync, lstatSync, readlinkSync, realpathSync } from 'node:fs'
import { join, sep } from 'node:path'
import { isExecutable } from '../../../system/programs'
import type { FolderLooks } from './folder_looks'
import type { LinkSight, Places } from './places'

/** Looks at the folders of repositories on this host. */
export const localFolderLooks: FolderLooks = {
  atServed: async (places) => ({
    hasRepository: existsSync(join(places.repository, 'HEAD')),
    link: lookAtLink(places),
  }),
  isOwnFolder: async (path, folder) => isOwnFolder(path, folder),
  isProgram: async (path) => isExecutable(path),
  async atScript(written, release) {
    const path = join(release, written)
    let real: string
    try {
      real = realpathSync(path)
    } catch {
      return 'none'
    }
    if (!real.startsWith(realpathSync(release) + sep)) return 'leads out'
    return isExecutable(path) ? 'program' : 'not executable'
  },
}

function lookAtLink({ current, folder }: Places): LinkSight {
  let target: string
  try {
    target = readlinkSync(current)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return { kind: 'none' }
    if (code === 'EINVAL') return { kind: 'no link' }
    throw error
  }
  return { kind: 'link', target, isOwn: isOwnFolder(join(folder, target), folder) }
}

function isOwnFolder(path: string, folder: string): boolean {
  if (!path.startsWith(`${folder}/`)) return false
  try {
    return (
      lstatSync(path).isDirectory() && realpathSync(path) === path.replace(folder, () => realpathSync(folder))
    )
  } catch {
    return false
  }
}
