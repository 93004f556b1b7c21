import { randomBytes } from 'node:crypto'
import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  fsyncSync,
  lstatSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
  renameSync,
  unlinkSync,
  writeFileSync,
  type Stats,
} from 'node:fs'
import { dirname } from 'node:path'
import { syncFolder } from './folders'
import type { FileSight, HostFiles } from './host_files'
import { openInWords } from './regular_file'

/** The files of this host. A file is read and written at one go: nothing else of this process comes between. */
export const localFiles: HostFiles = {
  async look(path) {
    return unlessAway(() => sightOf(path, lstatSync(path)))
  },
  async read(path, maxBytes) {
    return unlessAway(() => readBounded(path, maxBytes))
  },
  async list(folder) {
    return unlessAway(() => readdirSync(folder).sort())
  },
  async write(path, content, mode) {
    const beside = `${path}.${randomBytes(6).toString('hex')}.new`
    try {
      writeNew(beside, content, mode)
      renameSync(beside, path)
    } catch (error) {
      unlessAway(() => unlinkSync(beside))
      throw error
    }
    syncFolder(dirname(path))
  },
  async remove(path) {
    unlessAway(() => {
      unlinkSync(path)
      syncFolder(dirname(path))
    })
  },
}

/** Returns the result of work; undefined where what it is about is not there. */
function unlessAway<T>(work: () => T): T | undefined {
  try {
    return work()
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    throw error
  }
}

function sightOf(path: string, stats: Stats): FileSight {
  const kind = kindOf(stats)
  return {
    kind,
    leadsTo: kind === 'link' ? readlinkSync(path) : undefined,
    uid: stats.uid,
    gid: stats.gid,
    mode: stats.mode & 0o7777,
    bytes: stats.size,
    changedAtMs: stats.mtimeMs,
    inode: stats.ino,
    links: stats.nlink,
  }
}

function kindOf(stats: Stats): FileSight['kind'] {
  if (stats.isSymbolicLink()) return 'link'
  if (stats.isDirectory()) return 'folder'
  return stats.isFile() ? 'file' : 'other'
}

const CHUNK = 64 * 1024

/** Reads a file to its end: those of /proc say that they have no bytes, and a log may grow meanwhile. */
function readBounded(path: string, maxBytes: number): Buffer {
  const { fd } = openInWords(path)
  try {
    const tooLong = (bytes: number) => new Error(`it has ${bytes} bytes; at most ${maxBytes} are read`)
    const { size } = fstatSync(fd)
    if (size > maxBytes) throw tooLong(size)
    const pieces: Buffer[] = []
    for (let bytes = 0; ;) {
      const piece = Buffer.allocUnsafe(Math.max(CHUNK, size - bytes))
      const read = readSync(fd, piece, 0, piece.length, null)
      if (read === 0) return Buffer.concat(pieces, bytes)
      bytes += read
      if (bytes > maxBytes) throw tooLong(bytes)
      pieces.push(piece.subarray(0, read))
    }
  } finally {
    closeSync(fd)
  }
}

function writeNew(path: string, content: Buffer | string, mode: number): void {
  const file = openSync(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, mode)
  try {
    // The umask takes away from the mode of an open.
    fchmodSync(file, mode)
    writeFileSync(file, content)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}
