/** What notices are about, in the order in which a rollout comes to it. */
export const EVENTS = [
  'started',
  'approval wanted',
  'wave begun',
  'wave ended',
  'failed',
  'ended',
  'drift found',
] as const

export type EventName = (typeof EVENTS)[number]

/** The first few hosts by name, and how many there are. */
export interface SomeHosts {
  count: number
  names: readonly string[]
}

/** Something that happened in a rollout, with all that a notice may say of it. Its texts hold no secret. */
export interface RolloutEvent {
  event: EventName
  run: string
  /** Which one of its kind in this run, from 1: the number of the wave, of the approval. */
  number: number
  /** ISO 8601, UTC. */
  time: string
  environment: string
  mode: string
  feature: string
  release: string | undefined
  tickets: readonly string[]
  wave: { name: string; hosts: number } | undefined
  counts: {
    /** Hosts of the rollout; 0 before they are discovered. */
    hosts: number
    /** What the last line that looked has counted. */
    answered: number
    diverged: number
    silent: number
    /** Hosts that failed within the failure budget. */
    out: number
    /** Hosts that were told to go back to the version they had. */
    restored: number
    notAttempted: number
  }
  /** Hosts that were not as they should be at the last line, or that failed before. */
  failed: SomeHosts
  /** Hosts that are out of rotation, or on which something else is still open. */
  outOfRotation: SomeHosts
  /** Of `ended`: `PASSED`, `FAILED`, … and the exit status. */
  outcome: { title: string; exitCode: number } | undefined
  /** Why it failed or was refused, or what approval is asked for. */
  reason: string | undefined
}

const MAX_NAMES = 20

export function someHosts(hosts: Iterable<string>): SomeHosts {
  const names = [...new Set(hosts)].sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
  return { count: names.length, names: names.slice(0, MAX_NAMES) }
}

/** The same for the same thing, however often it is told. Fit for a header. */
export function keyOf({ run, event, number }: RolloutEvent): string {
  return `${run}/${event.replaceAll(' ', '-')}/${number}`.replace(/[^\x21-\x7e]/g, '-')
}
