import type { Person } from '../people/person'
import type { Session } from './sessions'

/** A session with the person whose it is. */
export interface Known {
  session: Session
  person: Person
}

/** The words to somebody who is not logged in, and wants what only a person can have. */
export const NO_SESSION = 'no one is logged in with this browser, or no longer; log in first'
