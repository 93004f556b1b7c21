import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

/**
 * Returns the address of a module of this folder that cucumber imports. Signs in a path may mean something else in an
 * import, so such a path becomes a URL.
 */
export function moduleUrl(name: string): string {
  const path = join(__dirname, name)
  return /^[\w/.@+-]+$/.test(path) ? path : pathToFileURL(path).href
}
