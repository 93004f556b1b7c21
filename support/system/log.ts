import { join } from 'node:path'
import pino, { type Logger } from 'pino'
import { LockstepError } from './errors'
import { redactor } from './redaction'
import { makeFolder } from './folders'

export type Log = Pick<Logger, 'info' | 'warn' | 'error'>

/** A log on file, which is closed once nothing more is to be said. */
export interface FileLog extends Log {
  /** Closes the file. What is said afterwards is left out. */
  close(): void
}

/**
 * Opens a structured log on file. No text of `secrets` reaches it, in any field or message.
 * @throws LockstepError `journal-failed`
 */
export function openLog(directory: string, run: string, secrets: readonly string[]): FileLog {
  const path = join(directory, `${run}.log`)
  const redact = redactor(secrets)
  const file = openStream(directory, path)
  let isOpen = true
  const whileOpen: Lines = { write: (line) => isOpen && file.write(line) }
  const close = () => {
    if (isOpen) file.end()
    isOpen = false
  }
  const log = pino(
    {
      base: { run },
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: ['password', 'passcode', 'secret', '*.password', '*.passcode', '*.secret'],
      hooks: { streamWrite: redact },
    },
    boundLog(MAX_LOG_BYTES, run, whileOpen),
  )
  return Object.assign(log, { close })
}

/** The most bytes of the log of one run. */
const MAX_LOG_BYTES = 64 * 1024 * 1024

/**
 * Bounds a log: lines are handed on until they have so many bytes. The last line then says that others are left out.
 */
export function boundLog(bytes: number, run: string, to: Lines): Lines {
  let left = bytes
  return {
    write(line) {
      if (left <= 0) return
      left -= Buffer.byteLength(line)
      to.write(
        left > 0
          ? line
          : `${JSON.stringify({ run, msg: `the log has ${bytes} bytes: all that follows is left out` })}\n`,
      )
    },
  }
}

interface Lines {
  write(line: string): unknown
}

function openStream(directory: string, path: string) {
  try {
    makeFolder(directory, 0o770)
    // Answers of hosts are not for every user.
    return pino.destination({ dest: path, sync: true, mode: 0o660 })
  } catch (error) {
    throw new LockstepError(
      'journal-failed',
      `the log ${path} cannot be written: ${(error as Error).message}`,
      { cause: error },
    )
  }
}
