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
import { dirname } from 'node:path'
import { readForeignFile } from '../../../system/regular_file'
import type { AccessSite, AccessSites } from '../../access'
import {
  passwordFileFault,
  statusIn,
  usersIn,
  withoutUser,
  withUser,
  type PasswordForm,
} from './password_lines'

/** A site as the host's own configuration has it. Nothing of it comes from a message. */
export interface SiteSettings {
  name: string
  /** The path of its password file; absolute. */
  users: string
  form: PasswordForm
}

const MAX_BYTES = 1024 * 1024
const OTHERS_MAY_WRITE = 0o002
const MODE_BITS = 0o7777

/** Returns the sites that this host's configuration names. */
export function hostSites(sites: readonly SiteSettings[]): AccessSites {
  const found = new Map(sites.map((site) => [site.name, siteOf(site)]))
  return { names: [...found.keys()], find: (name) => found.get(name) }
}

function siteOf({ users: path, form }: SiteSettings): AccessSite {
  return {
    users: () => usersIn(readFile(path).text),
    status: (user) => statusIn(readFile(path).text, user, form),
    allow: (user, hash) => change(path, (text) => withUser(text, user, hash)),
    remove: (user) => change(path, (text) => withoutUser(text, user)),
  }
}

/** The text of a file, a character for each byte, and what the file was when it was read. */
interface Read {
  text: string
  stats: Stats
}

/** @throws Error in words for a file that is odd: what it says could not be relied on */
function readFile(path: string): Read {
  const refuse = (why: string) => new Error(`the password file ${path} is not used: ${why}`)
  let read: Read
  try {
    const stats = lstatSync(path)
    read = { text: readForeignFile(path, MAX_BYTES).toString('latin1'), stats }
  } catch (error) {
    const isAway = (error as NodeJS.ErrnoException).code === 'ENOENT'
    throw refuse(isAway ? 'it is not there; make it once, with its owner and mode' : (error as Error).message)
  }
  if (read.stats.nlink > 1) throw refuse('it has a second name (a hard link)')
  if ((read.stats.mode & OTHERS_MAY_WRITE) !== 0) throw refuse('everybody may write to it')
  if ((lstatSync(dirname(path)).mode & OTHERS_MAY_WRITE) !== 0)
    throw refuse('everybody may write to its folder')
  const fault = passwordFileFault(read.text)
  if (fault !== undefined) throw refuse(fault)
  return read
}

/**
 * Writes a file anew beside the old one, with its owner, group and mode, and puts it in its place once it is on disk. A
 * web server finds the one or the other, and each is whole.
 */
function change(path: string, edit: (text: string) => string): void {
  const before = readFile(path)
  const next = `${path}.lockstep-new`
  let ino: number
  try {
    // A daemon that was killed may have left one.
    rmSync(next, { force: true })
    const file = openSync(next, 'wx', 0o600)
    try {
      writeFileSync(file, edit(before.text), 'latin1')
      fchownSync(file, before.stats.uid, before.stats.gid)
      fchmodSync(file, before.stats.mode & MODE_BITS)
      fsyncSync(file)
      ino = fstatSync(file).ino
    } finally {
      closeSync(file)
    }
    const now = readFile(path)
    const isOurs = lstatSync(next).ino === ino
    if (now.text !== before.text || now.stats.ino !== before.stats.ino || !isOurs)
      throw new Error(`the password file ${path} was changed by somebody else meanwhile; nothing was written`)
    renameSync(next, path)
  } catch (error) {
    rmSync(next, { force: true })
    throw error
  }
  const folder = openSync(dirname(path), 'r')
  try {
    fsyncSync(folder)
  } finally {
    closeSync(folder)
  }
}
