import { EXIT } from '../system/errors'
import type { Run } from './run'

/**
 * Ctrl-C once lets the step that is under way end and starts no other; twice ends the process at once. The journal is
 * on disk either way. Returns what stops listening.
 */
export function onInterrupt(run: Run): () => void {
  const heard = () => {
    if (run.stopping.signal.aborted) process.exit(EXIT.interrupted)
    process.stderr.write(
      '\nStopping after this step. Ctrl-C again stops at once, and leaves its outcome unknown.\n',
    )
    run.stopping.abort()
  }
  process.on('SIGINT', heard)
  process.on('SIGTERM', heard)
  return () => {
    process.off('SIGINT', heard)
    process.off('SIGTERM', heard)
  }
}
