import { lstatSync, statSync } from 'node:fs'
import { dirname } from 'node:path'

/**
 * Returns the part of an absolute path that is a link to nowhere, such as to a disk that is not mounted. Undefined
 * where there is none. A file behind such a link is not known to be absent.
 */
export function danglingLinkIn(path: string): string | undefined {
  const above = dirname(path) === path ? undefined : danglingLinkIn(dirname(path))
  if (above !== undefined) return above
  return leadsNowhere(path) ? path : undefined
}

/**
 * Returns whether a path is a link to nowhere. A path that cannot be looked at for another reason is left to its
 * reader.
 */
function leadsNowhere(path: string): boolean {
  try {
    const isLink = lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true
    return isLink && statSync(path, { throwIfNoEntry: false }) === undefined
  } catch {
    return false
  }
}
