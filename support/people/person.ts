/** A person who is logged in, as the pages and the policy know them. */
export interface Person {
  /** The name that they log in with, and that the history has. */
  name: string
  groups: readonly string[]
}

/** The acts that a policy may allow, for each environment. */
export const ACTS = ['look', 'plan', 'start', 'approve', 'put back'] as const
export type Act = (typeof ACTS)[number]

/** Says who may do what. */
export interface Policy {
  allows(person: Person, act: Act, environment: string): boolean
}

/**
 * Returns the name of a person as journals have it. No user of a machine has such a name: a wish that is left in a folder has
 * no room for these signs.
 */
export function nameInConsole({ name }: Pick<Person, 'name'>): string {
  return `${name}${IN_CONSOLE}`
}

/** Returns the person of the console whom a journal names; undefined where it names somebody else. */
export function personInConsole(written: string): string | undefined {
  return written.endsWith(IN_CONSOLE) ? written.slice(0, -IN_CONSOLE.length) : undefined
}

const IN_CONSOLE = ' (console)'

/**
 * Returns whether two names are those of one person. Directories take a name in capitals too, and a proxy or a provider may
 * hand it on as it was typed.
 */
export function isSamePerson(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase()
}
