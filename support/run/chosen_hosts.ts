import { nearest } from '../config/nearest'
import type { HostOutOfRotation } from '../rollout/model/out_of_rotation'
import type { RunJournals } from './journals'
import { formatLockstep, PLACES } from '../system/commands'
import { LockstepError } from '../system/errors'

/** The hosts out of rotation that a person has chosen: all of them, or those of the named hosts and runs. */
export interface Choice {
  all: boolean
  hosts: readonly string[]
  runs: readonly string[]
}

/** Returns whether a host out of rotation is one of those that were chosen. Where hosts and runs are named, it is both. */
export function chosenBy({ all, hosts, runs }: Choice): (item: HostOutOfRotation) => boolean {
  const named = new Set(hosts.map((host) => host.toLowerCase()))
  return ({ host, run }) =>
    all ||
    (named.size + runs.length > 0 &&
      (named.size === 0 || named.has(host.toLowerCase())) &&
      (runs.length === 0 || runs.includes(run)))
}

/**
 * Refuses a name that no live run knows: it is misspelt, and "nothing of it is out" would be no answer. Checks nothing
 * where journals do not tell everything.
 * @throws LockstepError `bad-input`
 */
export function expectKnown(
  { runs, hosts: named }: Omit<Choice, 'all'>,
  { journals, faults }: RunJournals,
): void {
  if (faults.length > 0) return
  expectAmong('run', runs, new Set(journals.map((journal) => journal.run)))
  const hosts = journals.flatMap(({ entries }) =>
    entries.flatMap((entry) => (entry.type === 'roll call' || entry.type === 'opened' ? entry.hosts : [])),
  )
  expectAmong('host', named, new Set(hosts.map((name) => name.toLowerCase())))
}

function expectAmong(what: string, named: readonly string[], known: ReadonlySet<string>): void {
  const odd = named.find((name) => !known.has(what === 'host' ? name.toLowerCase() : name))
  if (odd === undefined) return
  throw new LockstepError(
    'bad-input',
    `no live run here knows a ${what} ${JSON.stringify(odd.slice(0, 100))}${mostLikely(odd, [...known])}; ${formatLockstep('status', PLACES)} lists what is out; nothing was sent`,
  )
}

function mostLikely(odd: string, known: readonly string[]): string {
  if (known.length === 0) return ''
  const whole = known.find((name) => name.startsWith(`${odd.toLowerCase()}.`))
  return `; the nearest that is known is ${whole ?? nearest(odd, known)}`
}
