import type { PipelineEvent, RecordedPipelineEvent } from '../pipeline/events'
import { Receiver } from '../pipeline/receive'
import type { PartContext } from '../server/part'
import { redactNothing } from '../system/redaction'
import { FakeClock } from './fake_clock'
import type { MemoryPipelineLog } from './memory_pipeline_log'

/** Returns the means of a part of `lockstep serve` over a log in memory, and those who listen to it. */
export function partContext(
  log: MemoryPipelineLog,
  signal: AbortSignal,
  state = '',
): PartContext & { clock: FakeClock; listeners: Set<(event: RecordedPipelineEvent) => void> } {
  const listeners = new Set<(event: RecordedPipelineEvent) => void>()
  return {
    listeners,
    settings: {
      spool: '',
      listen: { host: '', port: 0 },
      bus: undefined,
      runners: new Map(),
      secretFiles: [],
      repositories: [],
      warnings: [],
    },
    state,
    pipeline: {
      state: log.state,
      append: async (event: PipelineEvent) => {
        const recorded = await log.append(event)
        for (const listener of listeners) listener(recorded)
        return recorded
      },
      onEvent: (listener) => {
        listeners.add(listener)
        return () => void listeners.delete(listener)
      },
      expectOwned: () => {},
      end: { journal: 1, entries: 0 },
      close: async () => {},
    },
    receiver: new Receiver(log),
    clock: new FakeClock(),
    log: { info: () => {}, warn: () => {}, error: () => {} },
    redact: redactNothing,
    signal,
  }
}
