import { statSync } from 'node:fs'
import type { SeenRun } from './live_runs'
import { RunEvents } from './run_events'

/** The most readers that are kept; the oldest goes for the next. One has the hosts of its run, and a piece of its journal. */
const MAX_KEPT = 16

interface Kept {
  events: RunEvents
  file: string
}

/**
 * Keeps the readers of journals where a page has ended, for the one who asks for the next page: it is not read again from the
 * beginning. A reader is good for the file alone that it has read.
 */
export class KeptEvents {
  private readonly kept = new Map<string, Kept>()

  /** Returns a reader that stands behind an event; undefined where none is kept. It is given away. */
  take(seen: SeenRun, offset: number): RunEvents | undefined {
    const key = keyOf(seen, offset)
    const found = this.kept.get(key)
    this.kept.delete(key)
    return found?.file === fileAt(seen.journal.path, offset) ? found?.events : undefined
  }

  /** Keeps a reader that is not used any more; one with a fault goes no further, and is not kept. */
  keep(seen: SeenRun, events: RunEvents): void {
    const file = fileAt(seen.journal.path, events.offset)
    if (events.fault !== undefined || file === undefined) return
    const key = keyOf(seen, events.offset)
    this.kept.delete(key)
    this.kept.set(key, { events, file })
    const [oldest] = this.kept.keys()
    if (this.kept.size > MAX_KEPT && oldest !== undefined) this.kept.delete(oldest)
  }
}

function keyOf({ journal, environment }: SeenRun, offset: number): string {
  return JSON.stringify([journal.path, environment, offset])
}

/** Returns a text that is another one for another file; undefined where the file is gone, or shorter than what was read. */
function fileAt(path: string, offset: number): string | undefined {
  const stats = statSync(path, { throwIfNoEntry: false })
  return stats === undefined || stats.size < offset
    ? undefined
    : `${stats.dev} ${stats.ino} ${stats.birthtimeMs}`
}
