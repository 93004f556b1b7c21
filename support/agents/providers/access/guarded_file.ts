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
  type Stats,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { readForeignFile } from '../../../system/regular_file'

/** A file that a web server reads, and its text must be in a form that all readers understand alike. */
export interface GuardedFile {
  /** The word for it in sentences: `password file`. */
  called: string
  path: string
  /** Returns why a text is not in that form; undefined where it is. */
  faultOf(text: string): string | undefined
}

/** The text of a file, a character for each byte, and what the file was when it was read. */
interface Read {
  text: string
  stats: Stats
}

const MAX_BYTES = 1024 * 1024
const OTHERS_MAY_WRITE = 0o002
const MODE_BITS = 0o7777

/** @throws Error in words for a file that is odd: what it says could not be relied on */
export function readGuarded(of: GuardedFile): string {
  return read(of).text
}

/**
 * Writes a file anew beside the old one, with its owner, group and mode, and puts it in its place once it is on disk. A
 * web server finds the one or the other, and each is whole. `beforehand` is called with the old text, just before that.
 */
export function changeGuarded(
  of: GuardedFile,
  edit: (text: string) => string,
  beforehand: (old: string) => void = () => {},
): void {
  const { path, called } = of
  const before = read(of)
  const next = join(dirname(path), `.${basename(path)}.lockstep-new`)
  try {
    // A daemon that was killed may have left one.
    rmSync(next, { force: true })
    const ino = writeNew(next, edit(before.text), before.stats)
    const now = read(of)
    const isOurs = lstatSync(next).ino === ino
    if (now.text !== before.text || now.stats.ino !== before.stats.ino || !isOurs)
      throw new Error(`the ${called} ${path} was changed by somebody else meanwhile; nothing was written`)
    beforehand(before.text)
    renameSync(next, path)
  } catch (error) {
    rmSync(next, { force: true })
    throw error
  }
  syncFolderOf(path)
}

/** Waits until the names in the folder of a file are on disk. */
export function syncFolderOf(path: string): void {
  const folder = openSync(dirname(path), 'r')
  try {
    fsyncSync(folder)
  } finally {
    closeSync(folder)
  }
}

function read({ path, called, faultOf }: GuardedFile): Read {
  const refuse = (why: string) => new Error(`the ${called} ${path} is not used: ${why}`)
  let found: Read
  try {
    const stats = lstatSync(path)
    found = { text: readForeignFile(path, MAX_BYTES).toString('latin1'), stats }
  } catch (error) {
    const isAway = (error as NodeJS.ErrnoException).code === 'ENOENT'
    throw refuse(isAway ? 'it is not there; make it once, with its owner and mode' : (error as Error).message)
  }
  if (found.stats.nlink > 1) throw refuse('it has a second name (a hard link)')
  if ((found.stats.mode & OTHERS_MAY_WRITE) !== 0) throw refuse('everybody may write to it')
  if ((lstatSync(dirname(path)).mode & OTHERS_MAY_WRITE) !== 0)
    throw refuse('everybody may write to its folder')
  const fault = faultOf(found.text)
  if (fault !== undefined) throw refuse(fault)
  return found
}

/** Writes a file that is not there yet, to disk: with the owner, group and mode of another one, if there is one. Returns its inode. */
export function writeNew(path: string, text: string, like?: Stats): number {
  const file = openSync(path, 'wx', 0o600)
  try {
    writeFileSync(file, text, 'latin1')
    if (like !== undefined) {
      fchownSync(file, like.uid, like.gid)
      fchmodSync(file, like.mode & MODE_BITS)
    }
    fsyncSync(file)
    return fstatSync(file).ino
  } finally {
    closeSync(file)
  }
}
