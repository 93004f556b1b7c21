import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'

/** Returns the SHA-256 of a feature; empty where it cannot be read. */
export function digestFeature(path: string): string {
  try {
    return createHash('sha256').update(readFileSync(path)).digest('hex')
  } catch {
    return ''
  }
}
