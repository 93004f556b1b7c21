import { randomBytes, randomUUID } from 'node:crypto'
import { closeSync, fsyncSync, linkSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { makeFolder } from './folders'

/**
 * Writes a file whole, in a place that no other has. `modes` are those of the file and of a folder that is made for it.
 * @returns false where another one is there
 */
export function placeFile(
  path: string,
  content: string | Buffer,
  modes: { file: number; folder?: number } = { file: 0o660 },
): boolean {
  makeFolder(dirname(path), modes.folder)
  const beside = `${path}.${randomBytes(6).toString('hex')}.new`
  try {
    const file = openSync(beside, 'wx', modes.file)
    try {
      writeFileSync(file, content)
      fsyncSync(file)
    } finally {
      closeSync(file)
    }
    linkSync(beside, path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  } finally {
    rmSync(beside, { force: true })
  }
}

/** Returns the id in a file. The first process that asks makes it. */
export function readOrPlaceId(path: string): string {
  const id = readIfThere(path)
  if (id !== undefined) return id.toString('utf8')
  placeFile(path, randomUUID())
  return readFileSync(path, 'utf8')
}

/** Returns the bytes of a file; undefined where there is none. */
export function readIfThere(path: string): Buffer | undefined {
  try {
    return readFileSync(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
