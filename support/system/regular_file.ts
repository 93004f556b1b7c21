import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  statSync,
  type Stats,
} from 'node:fs'

/**
 * Opens a file for reading, but nothing that could keep the process waiting for ever: no pipe, no device, no folder.
 * @throws Error with what it is instead; its `code` is that of the system
 */
export function openRegularFile(path: string): { fd: number; size: number } {
  expectFile(statSync(path))
  // A pipe that took the file's place since then is opened at once, without a writer.
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  try {
    const stats = fstatSync(fd)
    expectFile(stats)
    return { fd, size: stats.size }
  } catch (error) {
    closeSync(fd)
    throw error
  }
}

/**
 * Reads the bytes of a file. It never waits: a pipe or a device that stands in its place is not opened.
 * @throws Error whose message says in words why there are none; its `code` is that of the system
 */
export function readRegularFile(path: string): Buffer {
  const { fd } = openInWords(path)
  try {
    return readFileSync(fd)
  } catch (error) {
    throw withWords(error)
  } finally {
    closeSync(fd)
  }
}

/**
 * Reads the bytes of a file that a stranger may have put there: no link, and no more than `atMost` bytes. What takes its
 * place while it is opened is refused as well.
 * @throws Error whose message says in words why there are none; its `code` is that of the system
 */
export function readForeignFile(path: string, atMost: number): Buffer {
  try {
    const stats = lstatSync(path)
    if (stats.isSymbolicLink()) throw new Error('it is a link')
    expectFile(stats)
    const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW)
    try {
      const { size } = fstatSync(fd)
      if (size > atMost) throw new Error(`it has ${size} bytes; at most ${atMost} are read`)
      return readFileSync(fd)
    } finally {
      closeSync(fd)
    }
  } catch (error) {
    throw withWords(error)
  }
}

/**
 * Opens a file like `openRegularFile`.
 * @throws Error whose message says in words why it cannot be opened; its `code` is that of the system
 */
export function openInWords(path: string): { fd: number; size: number } {
  try {
    return openRegularFile(path)
  } catch (error) {
    throw withWords(error)
  }
}

function withWords(error: unknown): Error {
  const { code } = error as NodeJS.ErrnoException
  return Object.assign(new Error(inWords(error as Error, code), { cause: error }), { code })
}

/** Returns the names in a directory, sorted; none when it is not there. */
export function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory).sort()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

function expectFile(stats: Stats): void {
  if (!stats.isFile()) throw new Error(`it is ${kindOf(stats)}; expected a file`)
}

function kindOf(stats: Stats): string {
  if (stats.isDirectory()) return 'a folder'
  if (stats.isFIFO()) return 'a pipe'
  return stats.isSocket() ? 'a socket' : 'a device'
}

function inWords(error: Error, code: string | undefined): string {
  if (code === 'ENOENT') return 'it leads nowhere'
  if (code === 'EACCES' || code === 'EPERM') return 'permission is denied'
  if (code === 'ELOOP') return 'its links lead in a circle'
  return error.message
}

/** Bytes that are read of a file at once; a longer line takes more. */
const CHUNK = 64 * 1024

/**
 * Reads lines of a file from a byte on, only those with their newline: some of them, or none where none is whole.
 * @throws Error of the system, also for what is no file
 */
export function wholeLinesAt(path: string, from: number): { text: string; bytes: number } {
  const { fd } = openRegularFile(path)
  try {
    for (let room = CHUNK; ; room *= 2) {
      const bytes = Buffer.alloc(room)
      const read = readSync(fd, bytes, 0, room, from)
      const end = bytes.subarray(0, read).lastIndexOf(0x0a) + 1
      if (end > 0) return { text: bytes.toString('utf8', 0, end), bytes: end }
      if (read < room) return { text: '', bytes: 0 }
    }
  } finally {
    closeSync(fd)
  }
}
