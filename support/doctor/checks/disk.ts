import { accessSync, constants, existsSync, statfsSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { danglingLinkIn } from '../../system/dangling_link'
import { fail, ok, warn, type Check, type Finding } from '../check'

/** Bytes that are too few for the journal of a rollout, and those that are few. */
const MIN_BYTES = 20 * 1024 * 1024
const FEW_BYTES = 500 * 1024 * 1024
const MIN_FILES = 100

/** Looks whether journals and reports can be written, and whether there is room. Nothing is written. */
export const disk: Check = {
  name: 'disk',
  limitMs: 5_000,
  look: ({ context: { folders }, cwd }) => [
    lookAtFolder('the state folder', resolve(cwd, folders.state), folders.state),
    lookAtFolder('the report folder', resolve(cwd, folders.reports), folders.reports),
  ],
}

/** Looks at a folder, or at the one in which it will be made. */
function lookAtFolder(what: string, path: string, shown: string): Finding {
  const name = `${what} ${shown}`
  const link = danglingLinkIn(path)
  if (link !== undefined)
    return fail(`${name}: ${link} is a link to nowhere`, 'mount or mend what it leads to')
  const folder = nearestFolder(path)
  if (!statSync(folder).isDirectory()) return fail(`${name}: ${folder} is no folder`, `move ${folder} away`)
  try {
    accessSync(folder, constants.W_OK | constants.X_OK)
  } catch (error) {
    const why =
      (error as NodeJS.ErrnoException).code === 'EROFS' ? 'its disk is read-only' : 'permission is denied'
    return fail(`${name} cannot be written: ${why}`, `chown or mount ${folder}, or name another folder`)
  }
  const { bavail, bsize, files, ffree } = statfsSync(folder)
  return judgeRoom(name, { bytes: bavail * bsize, files: files === 0 ? undefined : ffree }, folder !== path)
}

/** Judges the room of a folder. `files` is how many more it can have; undefined where the file system does not say. */
export function judgeRoom(
  name: string,
  { bytes, files }: { bytes: number; files: number | undefined },
  isToBeMade: boolean,
): Finding {
  const room = formatBytes(bytes)
  const mend = 'make room there'
  if (bytes < MIN_BYTES) return fail(`${name}: its disk is full (${room} are free)`, mend)
  if (files !== undefined && files < MIN_FILES)
    return fail(`${name}: its disk takes only ${files} more files`, mend)
  if (bytes < FEW_BYTES) return warn(`${name}: only ${room} are free`, mend)
  return ok(`${name} can be ${isToBeMade ? 'made' : 'written'}, ${room} are free`)
}

function formatBytes(bytes: number): string {
  const megabytes = Math.floor(bytes / 1024 / 1024)
  return megabytes < 10_240 ? `${megabytes} MB` : `${Math.floor(megabytes / 1024)} GB`
}

function nearestFolder(path: string): string {
  return existsSync(path) || dirname(path) === path ? path : nearestFolder(dirname(path))
}
