import type { Journal } from '../model/journal_entry'
import type { Ledger } from '../model/ledger'
import type { HostGateway } from '../model/obligation'
import type { Audience } from '../ports'
import type { Conclusions } from './conclusions'
import type { Halt } from './halt'
import type { Line } from './line'
import type { Resumption } from './resumption'
import type { Scope } from './scope'

/** The context that all executors of a rollout share. */
export interface Engine {
  scope: Scope
  halt: Halt
  conclusions: Conclusions
  /** The line that is being run. */
  line: Line
  resumption: Resumption
  /** The way to hosts that changes them, where that is allowed at all. */
  gateway: HostGateway
  /**
   * Resolves once these hosts may be changed, their locks taken.
   * @throws LockstepError when another rollout has a lock, or the roll call turns out to be wrong
   */
  expectChangeable: (hosts: readonly string[]) => Promise<void>
  ledger: Ledger
  journal: Journal
  audience: Audience
  /** Milliseconds between two checks of a step that waits. */
  lookEvery: number
}
