/**
 * The files of a host: this one, or one that is reached over SSH. Paths are absolute. A fault, such as a right that is
 * missing, is an Error in words.
 */
export interface HostFiles {
  /** Resolves with what is at a path, without following a link; undefined where nothing is. */
  look(path: string): Promise<FileSight | undefined>
  /** Resolves with the bytes of a regular file; undefined where there is none. @throws Error for one of more bytes than `maxBytes` */
  read(path: string, maxBytes: number): Promise<Buffer | undefined>
  /** Resolves with the names in a folder; undefined where there is none. */
  list(folder: string): Promise<readonly string[] | undefined>
  /**
   * Puts a file in its place, whole and on disk: a reader finds the one before or this one. Its folder has to be there.
   */
  write(path: string, content: Buffer | string, mode: number): Promise<void>
  /** Removes a file, or does nothing where there is none. */
  remove(path: string): Promise<void>
}

/** What is at a path. */
export interface FileSight {
  kind: 'file' | 'folder' | 'link' | 'other'
  /** The text of a link; undefined for all else. */
  leadsTo: string | undefined
  uid: number
  gid: number
  /** The bits of rights, such as 0o644. */
  mode: number
  bytes: number
  /** Milliseconds since 1970, as exact as the host tells. */
  changedAtMs: number
  inode: number
  links: number
}
