import { createHash } from 'node:crypto'

/** Returns the SHA-256 of a set of resources, in their order. A line break in a name does not make two of one. */
export function digestOfManaged(resources: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(resources)).digest('hex')
}
