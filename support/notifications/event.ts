/** The events that notifications are about, in the order of a rollout; the last two are of `lockstep serve`. */
export const EVENTS = [
  'started',
  'approval wanted',
  'wave begun',
  'wave ended',
  'failed',
  'ended',
  'drift found',
  'monitoring changed',
  'release created',
] as const

export type EventName = (typeof EVENTS)[number]

/** The first few hosts by name, and how many there are. */
export interface SomeHosts {
  count: number
  names: readonly string[]
}

/** An event of a rollout, with all that a notification may say of it. Its texts hold no secret. */
export interface RolloutEvent {
  event: EventName
  run: string
  /** The number of the event among its kind in this run, from 1: that of the wave, or of the approval. */
  number: number
  /** The time in ISO 8601, UTC. */
  time: string
  environment: string
  mode: string
  feature: string
  release: string | undefined
  tickets: readonly string[]
  /** The hosts that the run is limited to, such as `limited to 2 of 25 hosts: web[1-2]`; undefined where it is for all. */
  limit: string | undefined
  wave: { name: string; hosts: number } | undefined
  counts: {
    /** The hosts of the rollout; 0 before they are discovered. */
    hosts: number
    /** The answers that the last line that looked has counted. */
    answered: number
    diverged: number
    silent: number
    /** The hosts that failed within the failure budget. */
    out: number
    /** The hosts that were told to go back to the version they had. */
    restored: number
    notAttempted: number
  }
  /** The hosts that were not as they should be at the last line, silent ones too, or that failed before. */
  failed: SomeHosts
  /** The hosts that are out of rotation, or that have another open obligation. */
  outOfRotation: SomeHosts
  /** The outcome of `ended`: `PASSED`, `FAILED`, … and the exit status. */
  outcome: { title: string; exitCode: number } | undefined
  /** The reason why the rollout failed or was refused, or what approval is asked for, or what monitoring was told, or how a release was created. */
  reason: string | undefined
}

const MAX_NAMES = 20

export function someHosts(hosts: Iterable<string>): SomeHosts {
  const names = [...new Set(hosts)].sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
  return { count: names.length, names: names.slice(0, MAX_NAMES) }
}

/** Returns a key that is equal for every notification of one event. It is fit for a header. */
export function keyOf({ run, event, number }: RolloutEvent): string {
  return `${run}/${event.replaceAll(' ', '-')}/${number}`.replace(/[^\x21-\x7e]/g, '-')
}
