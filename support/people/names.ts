/** What a name of a person, a group or an environment looks like, for sentences about one that is none. */
export const NAME = 'a name of letters, digits, and . _ @ - between them'

/** The words of a policy that would be read as something else where they were names. */
const WORDS = new Set(['everybody', 'group', 'may', 'in', 'and', 'every', 'environment', 'not'])

/** Returns whether a text can be the name of a person or a group. */
export function isName(text: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$/.test(text) && !WORDS.has(text.toLowerCase())
}
