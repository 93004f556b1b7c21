import { closeSync, fstatSync, openSync } from 'node:fs'
import { isatty } from 'node:tty'
import { EXIT } from '../system/errors'
import type { Run } from './run'

/** Asked to end, by Ctrl-C, by a service manager, or since the terminal was closed. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/**
 * Ctrl-C once lets the step that is under way end and starts no other; twice, or SIGQUIT, ends the process at once. The
 * journal is on disk either way. Returns what stops listening.
 */
export function onInterrupt(run: Run): () => void {
  const heard = (signal: NodeJS.Signals) => {
    if (run.stopping.signal.aborted) {
      // Who closes a terminal is often heard twice, by the shell and by the system, and wants nothing cut off.
      if (signal === 'SIGHUP') return
      process.exit(EXIT.interrupted)
    }
    process.stderr.write(
      '\nStopping after this step. Ctrl-C again stops at once, and leaves its outcome unknown.\n',
    )
    if (signal === 'SIGHUP') process.once('exit', leaveLostTerminals)
    run.stopping.abort()
  }
  const atOnce = () => {
    run.stopping.abort()
    process.exit(EXIT.interrupted)
  }
  for (const signal of SIGNALS) process.on(signal, heard)
  process.on('SIGQUIT', atOnce)
  return () => {
    process.off('SIGQUIT', atOnce)
    for (const signal of SIGNALS) process.off(signal, heard)
  }
}

/** Node sets terminals back when it ends, and aborts (SIGABRT) over one that was closed: such a one is given up before. */
function leaveLostTerminals(): void {
  for (const stream of [0, 1, 2]) {
    try {
      if (!fstatSync(stream).isCharacterDevice() || isatty(stream)) continue
      closeSync(stream)
      openSync('/dev/null', 'r+')
    } catch {
      // It is closed already, and nobody's.
    }
  }
}
