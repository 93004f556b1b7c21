/**
 * The files of a host that programs of others read and write as well. Each change is one step: whole, or not at all. Its
 * members pass one contract suite: one uses this host's own file system, the other one a shell on another host.
 */
export interface GuardedFiles {
  /**
   * Reads a file that is no link, and says what the file is.
   * @throws Error in words; its `code` is ENOENT where there is none
   */
  read(path: string): Promise<FoundFile>
  /**
   * Puts a text in the place of the one that was found, with its owner, group and mode; a reader finds the one or the
   * other, and each is whole. Where `keptAt` is given, the text before is there just before that, in a file that must not
   * be there yet. Resolves once all is on disk.
   * @throws FileChanged where the file is not as it was found: nothing is written then
   */
  replace(path: string, found: FoundFile, text: string, keptAt?: string): Promise<void>
  isThere(path: string): Promise<boolean>
  /** Removes a file, or nothing where there is none. Resolves once that is on disk. */
  remove(path: string): Promise<void>
}

/** A file as it was read. */
export interface FoundFile {
  /** A character for each byte. */
  text: string
  /** Tells the file from another one that has its name later. */
  identity: string
  links: number
  uid: number
  gid: number
  /** The bits of rights, such as 0o644. */
  mode: number
  /** The bits of rights of its folder. */
  folderMode: number
}

/** A file that somebody else has changed since it was read. */
export class FileChanged extends Error {}

export const MAX_GUARDED_BYTES = 1024 * 1024
export const MODE_BITS = 0o7777

/** Returns whether a file is as it was found: with its text, its owner and all rights to it. */
export function isAsFound(now: FoundFile, found: FoundFile): boolean {
  return (
    now.text === found.text &&
    now.identity === found.identity &&
    now.links === found.links &&
    now.uid === found.uid &&
    now.gid === found.gid &&
    now.mode === found.mode &&
    now.folderMode === found.folderMode
  )
}
