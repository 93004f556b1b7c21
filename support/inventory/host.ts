/** A host of the inventory, or what one source says of it. */
export interface Host {
  name: string
  /** Undefined for a host that belongs to every environment. */
  environment: string | undefined
  classes: readonly string[]
  facts: Readonly<Record<string, string>>
  /** Where that is written: `file:line`, or the program that says so. */
  from: string
}

const CLASS = /^[\w:.-]{1,255}$/
const FACT = /^[\w.:-]{1,255}$/

/** As a feature can name them: what no sentence could select would be left out in silence. */
export function isClass(text: string): boolean {
  return CLASS.test(text)
}

export function isFact(text: string): boolean {
  return FACT.test(text) && text !== '__proto__'
}

/** A role is the class that says what a host is for; it can be asked for as a fact as well. */
export function withRole(
  role: string | undefined,
  classes: readonly string[],
  facts: Readonly<Record<string, string>>,
): Pick<Host, 'classes' | 'facts'> {
  if (role === undefined) return { classes: [...new Set(classes)], facts }
  return { classes: [...new Set([role, ...classes])], facts: { ...facts, role } }
}
