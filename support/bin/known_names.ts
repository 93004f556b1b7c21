import { nearest } from '../config/nearest'
import type { RunJournals } from '../run/journals'
import { formatLockstep, PLACES } from '../system/commands'
import { LockstepError } from '../system/errors'

/** The runs and hosts that a person has named on the command line. */
export interface Named {
  run?: readonly string[] | undefined
  host?: readonly string[] | undefined
}

/**
 * Refuses a name that no live run knows: it is misspelt, and "nothing of it is out" would be no answer. Checks nothing
 * where journals do not tell everything.
 * @throws LockstepError `bad-input`
 */
export function expectKnown({ run = [], host = [] }: Named, { journals, faults }: RunJournals): void {
  if (faults.length > 0) return
  expectAmong('run', run, new Set(journals.map((journal) => journal.run)))
  const hosts = journals.flatMap(({ entries }) =>
    entries.flatMap((entry) => (entry.type === 'roll call' || entry.type === 'opened' ? entry.hosts : [])),
  )
  expectAmong('host', host, new Set(hosts.map((name) => name.toLowerCase())))
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
