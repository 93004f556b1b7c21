import type { LinkSight, Places } from './places'

/**
 * Looks at the folder of a repository that take several steps on its host, of which each depends on the one before. Its
 * members pass one contract suite: one uses this host's own file system, the other one a shell on another host.
 */
export interface FolderLooks {
  /** Tells where the link to the release leads, and what is there. */
  atServed(places: Places): Promise<ServedSight>
  /** Returns whether there is a folder at a path within `folder`, and no link on the way to it. */
  isOwnFolder(path: string, folder: string): Promise<boolean>
  /** Returns whether there is a program that this process may run at an absolute path. */
  isProgram(path: string): Promise<boolean>
  /** Tells of a program by a path within a release. */
  atScript(written: string, release: string): Promise<'program' | 'none' | 'leads out' | 'not executable'>
}

export interface ServedSight {
  /** True where there is a bare repository. */
  hasRepository: boolean
  link: LinkSight
}
