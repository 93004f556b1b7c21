import type { PipelineSettings } from '../config/pipeline_setting'
import type { Receiver } from '../pipeline/receive'
import type { Clock } from '../system/clock'
import type { Log } from '../system/log'
import type { Redact } from '../system/redaction'
import type { OpenPipeline } from './open_pipeline'

/** The means of a part of `lockstep serve`. */
export interface PartContext {
  settings: PipelineSettings
  /** The folder of the state, as an absolute path. */
  state: string
  pipeline: OpenPipeline
  receiver: Receiver
  clock: Clock
  log: Log
  redact: Redact
  /** Aborted when the process is to end. */
  signal: AbortSignal
}

/** A part of `lockstep serve` that runs beside its triggers. */
export interface Part {
  readonly name: string
  /**
   * Runs until the signal says that it is to end, and resolves when nothing of it is left. A rejection, such as of a journal
   * that cannot be written, ends the whole process, so that a service manager starts it anew.
   */
  run(context: PartContext): Promise<void>
}
