import { chmodSync, closeSync, lstatSync, openSync, readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { LockstepError } from '../system/errors'
import { makeFolder } from '../system/folders'

/** The bit of a folder by which only the owner of a file renames or removes it. Source: inode(7), S_ISVTX. */
const STICKY = 0o1000

/** A file that waits in the folder. */
export interface WaitingWish {
  name: string
  /** True for a folder, which is no wish: it may be one that cannot be removed. */
  isFolder: boolean
  /** The number of the user whom the file belongs to; undefined for what is no file that one name alone leads to. */
  owner: number | undefined
}

/**
 * A folder in which people who may write the state leave wishes for `lockstep serve`. A wish is an empty file, and its
 * name says everything: `lockstep serve` can read and remove it, also where another user has made it.
 */
export class WishFolder {
  constructor(readonly path: string) {}

  /**
   * Makes the folder, as the user of `lockstep serve`. Each file is for its owner and this user alone: the name of a wish
   * is all of it, and another one could turn it into a wish that its owner did not have.
   */
  open(): void {
    makeFolder(this.path, 0o770)
    const { uid, mode } = statSync(this.path)
    // With the bit in a folder of another user, this process could not remove what it has taken.
    if (uid === process.geteuid?.() && (mode & STICKY) === 0) chmodSync(this.path, (mode & 0o7777) | STICKY)
  }

  /** @throws LockstepError `bad-config` where this user cannot write the folder */
  leave(name: string): void {
    try {
      // What lies there already is never opened: another one may have put a link or a pipe there.
      closeSync(openSync(join(this.path, name), 'wx', 0o600))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return
      throw new LockstepError(
        'bad-config',
        `${this.path} cannot be written: ${(error as Error).message}; say it as the user of lockstep serve, which makes the folder when it starts`,
        { cause: error },
      )
    }
  }

  /** Returns what waits, by the names of its files. */
  waiting(): WaitingWish[] {
    return readdirSync(this.path, { withFileTypes: true }).map((entry) => ({
      name: entry.name,
      isFolder: entry.isDirectory(),
      owner: ownerOf(join(this.path, entry.name)),
    }))
  }

  remove(name: string): void {
    rmSync(join(this.path, name), { recursive: true, force: true })
  }
}

/** A second name of another user's file would make that user the owner of a wish. */
function ownerOf(path: string): number | undefined {
  const stats = lstatSync(path, { throwIfNoEntry: false })
  return stats?.isFile() === true && stats.nlink === 1 ? stats.uid : undefined
}

const MAX_BY = 32

/** Returns the name of a person as a name of a file has room for it. */
export function nameInWish(person: string): string {
  return person.replace(/[^\w.@-]/g, '_').slice(0, MAX_BY)
}
