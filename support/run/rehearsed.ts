/** The real state of a simulated host when a rehearsal is over, which its answers need not show. */
export interface HostTruth {
  host: string
  /** The packages and services as they were before; `after` has them as they are. */
  before: readonly string[]
  after: readonly string[]
  /** The actions that were carried out and that change more than traffic. */
  done: readonly string[]
  /** True when the host gets requests. */
  served: boolean
  /** True when the run says that the host is out of rotation. */
  named: boolean
  /** True when the host gave no answer at its last line. */
  silent: boolean
  /** True when the host failed within the failure budget. */
  out: boolean
  /** True when the fault of the host has begun. Earlier versions did not say. */
  hasShownFault?: boolean
}

export const ENDINGS = [
  'new, in rotation',
  'new, out of rotation',
  'old, untouched',
  'old, out of rotation',
  'old, told and not changed',
  'half-updated, out of rotation',
  'half-updated, in rotation',
] as const

export type Ending = (typeof ENDINGS)[number]

export interface HostEnding {
  host: string
  ending: Ending
  /** True when the run does not know the ending, since the host did not answer. */
  unknown: boolean
}

export interface Rehearsed {
  fault?: string | undefined
  exitCode: number
  title: string
  hosts: readonly HostEnding[]
  /** The reasons why the rehearsal has failed; empty when it has not. */
  failures: readonly string[]
}

/** A table of faults, as a feature has it. */
export interface FaultTable {
  uri: string
  line: number
  rows: readonly (readonly string[])[]
}
