import { lstatSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'

const NAME = /^lockstep-push-(\d+)-/
/** A folder that is younger may be of a process that cannot be seen from here, as in another container. */
const MIN_AGE_MS = 3_600_000

/** Where folders for the files of pushes are, and how the past is judged. */
export interface PushFolders {
  /** The folder for files that do not last, which others may write to. */
  folder: string
  pid: number
  uid: number | undefined
  now: number
  isAlive: (pid: number) => boolean
}

/**
 * Makes a folder for the files of a push, and returns its path. It removes what processes of this user have left that were
 * killed.
 * @throws Error where no folder can be made
 */
export function makePushFolder(folders: PushFolders): string {
  const { folder, pid } = folders
  for (const name of readdirSync(folder)) if (isLeft(name, folders)) remove(join(folder, name))
  return mkdtempSync(join(folder, `lockstep-push-${pid}-`))
}

function isLeft(name: string, { folder, uid, now, isAlive }: PushFolders): boolean {
  const [, pid] = NAME.exec(name) ?? []
  if (pid === undefined || isAlive(Number(pid))) return false
  const found = lstatSync(join(folder, name), { throwIfNoEntry: false })
  return found?.isDirectory() === true && found.uid === uid && now - found.mtimeMs > MIN_AGE_MS
}

function remove(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true })
  } catch {
    // The next push finds it again.
  }
}
