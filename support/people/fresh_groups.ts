import type { Person } from './person'

/** Knows the groups that a proxy or a provider has told of people. Neither is asked again: they are told with a login. */
export interface FreshGroups {
  /** Returns the groups of the last login of a person, where that was later than the moment, and else those of the moment. */
  since(person: Person & { at: string }): readonly string[]
}
