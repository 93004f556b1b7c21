import { distance } from 'fastest-levenshtein'
import { LockstepError } from '../../system/errors'
import { formatHosts } from './fold_hosts'
import { parseHosts } from './parse_hosts'
import { hosts as counted } from './verdict'

/** The hosts that a run is narrowed to. */
export interface Limit {
  /** The hosts in ClusterShell's form. Two limits to the same hosts have the same text. */
  text: string
  hosts: ReadonlySet<string>
}

/** A roll call, and which of its hosts take part. */
export interface LimitedHosts {
  within: readonly string[]
  outside: readonly string[]
}

/** The most unknown hosts of a limit that are named. */
const MAX_UNKNOWN = 3

/** Parses the limit of a run. @throws LockstepError `bad-input` for what names no hosts */
export function parseLimit(said: string): Limit {
  try {
    const hosts = parseHosts(said)
    return { text: formatHosts(hosts), hosts: new Set(hosts) }
  } catch (error) {
    if (!(error instanceof LockstepError)) throw error
    throw new LockstepError('bad-input', `the limit: ${error.message}; nothing was sent`)
  }
}

/**
 * Divides the hosts of a roll call into those within a limit and those outside.
 * @throws LockstepError `bad-input` when the limit names a host that is not in the roll call
 */
export function divideByLimit(all: readonly string[], limit: Limit): LimitedHosts {
  const known = new Set(all)
  const unknown = [...limit.hosts].filter((host) => !known.has(host))
  if (unknown.length > 0) throw unknownHosts(unknown, all)
  return {
    within: all.filter((host) => limit.hosts.has(host)),
    outside: all.filter((host) => !limit.hosts.has(host)),
  }
}

/** Returns what a run of this limit is for, in words to stand behind `was` or `is`. */
export function describeLimit(text: string | undefined): string {
  return text === undefined ? 'for all hosts of the roll call' : `limited to ${text}`
}

function unknownHosts(unknown: readonly string[], all: readonly string[]): LockstepError {
  const named = unknown.slice(0, MAX_UNKNOWN).map((host) => `${host} (the closest is ${closest(host, all)})`)
  const more = unknown.length > MAX_UNKNOWN ? ` and ${unknown.length - MAX_UNKNOWN} more` : ''
  const are = unknown.length === 1 ? 'which is' : 'which are'
  return new LockstepError(
    'bad-input',
    `the limit names ${named.join(', ')}${more}, ${are} not in the roll call of ${counted(all.length)}: misspelt, or without an answer. No host was touched; name hosts of the roll call only`,
  )
}

/** Returns the host of a roll call whose name is the closest; a name without its domain is that of its host. */
function closest(host: string, all: readonly string[]): string {
  const whole = all.find((each) => each.toLowerCase().startsWith(`${host.toLowerCase()}.`))
  if (whole !== undefined) return whole
  const away = all.map((each) => distance(host, each))
  return all[away.indexOf(Math.min(...away))] ?? ''
}
