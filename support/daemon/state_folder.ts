import { chmodSync, lstatSync, readdirSync, realpathSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { LockstepError } from '../system/errors'
import { makeFolder } from '../system/folders'

const SETTING = 'plugin.lockstep.state_dir'

/**
 * Makes the folder of what a daemon keeps over restarts, for this user alone. Existing folders and files in it that
 * others can read are closed to them.
 * @throws LockstepError `bad-config` where others can change or exchange it: a request that they take out of it would
 * be carried out a second time; `journal-failed` where it cannot be made
 */
export function openStateFolder(path: string): void {
  const folder = resolve(path)
  refuseLinks(folder)
  refuseSharedParents(folder)
  try {
    makeFolder(folder, 0o700)
    close(folder)
  } catch (error) {
    if (error instanceof LockstepError) throw error
    throw new LockstepError(
      'journal-failed',
      `the state of this daemon cannot be kept in ${folder}: ${(error as Error).message}`,
      { cause: error },
    )
  }
}

/** Refuses symbolic links, whose owner decides where they lead. */
function refuseLinks(folder: string): void {
  for (let path = folder; path !== dirname(path); path = dirname(path)) {
    const found = lstatSync(path, { throwIfNoEntry: false })
    if (found?.isSymbolicLink() === true && (path === folder || isOfOthers(found.uid)))
      throw refuse(folder, `${path} is a symbolic link`)
  }
}

function refuseSharedParents(folder: string): void {
  const parent = existing(dirname(folder))
  for (let path = realpathSync(parent); ; path = dirname(path)) {
    const { mode, uid } = lstatSync(path)
    if (isOfOthers(uid)) throw refuse(folder, `${path} belongs to another user (${uid})`)
    const isWritable = (mode & 0o002) !== 0
    // In a folder like /tmp no other user can exchange our files, but any user can be there first.
    const isSticky = (mode & 0o1000) !== 0
    if (isWritable && (!isSticky || path === realpathSync(parent)))
      throw refuse(folder, `everybody may write ${path}`)
    if (path === dirname(path)) return
  }
}

function existing(path: string): string {
  return lstatSync(path, { throwIfNoEntry: false }) === undefined ? existing(dirname(path)) : path
}

function close(folder: string): void {
  const { mode, uid } = lstatSync(folder)
  if (isOfOthers(uid)) throw refuse(folder, `it belongs to another user (${uid})`)
  if ((mode & 0o022) !== 0) throw refuse(folder, 'others than its owner may write it')
  if ((mode & 0o077) !== 0) chmodSync(folder, 0o700)
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) close(path)
    else if (entry.isFile() && (lstatSync(path).mode & 0o077) !== 0) chmodSync(path, 0o600)
  }
}

/** Returns whether a user is another one; root may change everything anyway. */
function isOfOthers(uid: number): boolean {
  return uid !== 0 && uid !== process.getuid?.()
}

function refuse(folder: string, why: string): LockstepError {
  return new LockstepError(
    'bad-config',
    `${SETTING}: ${folder} is no place for what this daemon has to remember: ${why}; name a folder that only its user can write, such as /var/lib/lockstep/<identity>`,
  )
}
