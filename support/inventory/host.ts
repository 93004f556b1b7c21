/** A host of the inventory, or of one source of it. */
export interface Host {
  name: string
  /** The environment of the host; undefined for a host that belongs to every environment. */
  environment: string | undefined
  classes: readonly string[]
  facts: Readonly<Record<string, string>>
  /** The place where the host is written: `file:line`, or the program that prints it. */
  from: string
}

const CLASS = /^[\w:.-]{1,255}$/
const FACT = /^[\w.:-]{1,255}$/

/** Returns whether a feature can name a class: a class that no sentence could select would be left out in silence. */
export function isClass(text: string): boolean {
  return CLASS.test(text)
}

export function isFact(text: string): boolean {
  return FACT.test(text) && text !== '__proto__'
}

/**
 * Adds a role to classes and facts. It is the class that says what a host is for, and can be asked for as a fact as
 * well.
 */
export function withRole(
  role: string | undefined,
  classes: readonly string[],
  facts: Readonly<Record<string, string>>,
): Pick<Host, 'classes' | 'facts'> {
  if (role === undefined) return { classes: [...new Set(classes)], facts }
  return { classes: [...new Set([role, ...classes])], facts: { ...facts, role } }
}
