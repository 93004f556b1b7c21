import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'

/**
 * Makes a folder, and those above it that are missing. Returns the uppermost one that it made, if any. Node's own way
 * never ends where a file system, such as /proc, denies that there is what is made in its folder.
 * @throws Error when it cannot be made
 */
export function makeFolder(path: string, mode?: number): string | undefined {
  const missing: string[] = []
  for (let at = resolve(path); !existsSync(at); at = dirname(at)) missing.unshift(at)
  const made = missing.filter((each) => makeOne(each, mode))
  if (!statSync(path).isDirectory())
    throw Object.assign(new Error(`${path} is no folder`), { code: 'ENOTDIR' })
  return made[0]
}

/** Makes one folder. Returns whether it was made; another process may have been faster. */
function makeOne(path: string, mode: number | undefined): boolean {
  try {
    mkdirSync(path, mode)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

/** Waits until the names in a folder are on disk. */
export function syncFolder(path: string): void {
  const folder = openSync(path, 'r')
  try {
    fsyncSync(folder)
  } finally {
    closeSync(folder)
  }
}
