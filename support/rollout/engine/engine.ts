import type { Journal } from '../model/journal_entry'
import type { Ledger } from '../model/ledger'
import type { HostGateway } from '../model/obligation'
import type { Audience, Locks } from '../ports'
import type { Conclusions } from './conclusions'
import type { Halt } from './halt'
import type { Line } from './line'
import type { Resumption } from './resumption'
import type { Scope } from './scope'

/** What all executors of a rollout share. */
export interface Engine {
  scope: Scope
  halt: Halt
  conclusions: Conclusions
  /** The line that is being run. */
  line: Line
  resumption: Resumption
  /** The way to hosts that changes them, where that is allowed at all. */
  gateway: HostGateway
  ledger: Ledger
  locks: Locks
  journal: Journal
  audience: Audience
  /** Milliseconds between two looks of a step that waits. */
  lookEvery: number
}
