import { closeSync, constants, fstatSync, openSync } from 'node:fs'

/**
 * Opens a file for reading, and nothing that could keep the process waiting for ever: no pipe, no device, no folder.
 * @throws Error with what it is instead
 */
export function openRegularFile(path: string): { fd: number; size: number } {
  // A pipe without a writer is opened at once.
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  const stats = fstatSync(fd)
  if (stats.isFile()) return { fd, size: stats.size }
  closeSync(fd)
  const what = stats.isDirectory() ? 'directory' : stats.isFIFO() ? 'pipe' : 'device'
  throw new Error(`it is a ${what}; expected a file`)
}
