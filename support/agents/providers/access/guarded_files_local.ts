import {
  closeSync,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsyncSync,
  lstatSync,
  openSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { syncFolder } from '../../../system/folders'
import { readForeignFile } from '../../../system/regular_file'
import {
  FileChanged,
  isAsFound,
  MAX_GUARDED_BYTES,
  MODE_BITS,
  type FoundFile,
  type GuardedFiles,
} from './guarded_files'

/** The guarded files of this host. */
export const localGuardedFiles: GuardedFiles = {
  read: async (path) => read(path),
  async replace(path, found, text, keptAt) {
    const next = join(dirname(path), `.${basename(path)}.lockstep-new`)
    try {
      // A daemon that was killed may have left one.
      rmSync(next, { force: true })
      const identity = writeNew(next, text, found)
      const isOurs = identityOf(next) === identity
      if (!isOurs || !isAsFound(now(path), found)) throw new FileChanged(path)
      if (keptAt !== undefined) {
        writeNew(keptAt, found.text)
        syncFolder(dirname(keptAt))
      }
      renameSync(next, path)
    } catch (error) {
      rmSync(next, { force: true })
      throw error
    }
    syncFolder(dirname(path))
  },
  isThere: async (path) => lstatSync(path, { throwIfNoEntry: false }) !== undefined,
  async remove(path) {
    rmSync(path, { force: true })
    syncFolder(dirname(path))
  },
}

function read(path: string): FoundFile {
  const text = readForeignFile(path, MAX_GUARDED_BYTES).toString('latin1')
  const stats = lstatSync(path)
  return {
    text,
    identity: identityOf(path),
    links: stats.nlink,
    uid: stats.uid,
    gid: stats.gid,
    mode: stats.mode & MODE_BITS,
    folderMode: lstatSync(dirname(path)).mode & MODE_BITS,
  }
}

/** Reads a file that was there before. @throws FileChanged where it is none now */
function now(path: string): FoundFile {
  try {
    return read(path)
  } catch (error) {
    throw new FileChanged(path, { cause: error })
  }
}

function identityOf(path: string): string {
  const { dev, ino } = lstatSync(path, { bigint: true })
  return `${dev}:${ino}`
}

/** Writes a file that is not there yet, whole and to disk: with the owner, group and mode of another one, if there is one. */
function writeNew(path: string, text: string, like?: FoundFile): string {
  const file = openSync(path, 'wx', 0o600)
  try {
    writeFileSync(file, text, 'latin1')
    if (like !== undefined) {
      fchownSync(file, like.uid, like.gid)
      fchmodSync(file, like.mode & MODE_BITS)
    }
    fsyncSync(file)
    const { dev, ino } = fstatSync(file, { bigint: true })
    return `${dev}:${ino}`
  } catch (error) {
    rmSync(path, { force: true })
    throw error
  } finally {
    closeSync(file)
  }
}
