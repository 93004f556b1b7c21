import { createHash, type Hash } from 'node:crypto'
import { readdirSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { isFileOfPeople } from '../people/people_file'
import { readRegularFile } from '../system/regular_file'
import { codeIn } from './deciding_files'

/**
 * Returns the SHA-256 of what decides, beside a feature, what that does: code and its configuration in the folder of
 * lockstep.yaml, with their names. Of what npm has installed it is the list, and not the files. A file of people decides who
 * may do it, and is left out by its content: a file with anything else in it is not.
 */
export function digestCode(folder: string): string {
  const hash = createHash('sha256')
  let paths: string[] = []
  try {
    paths = codeIn(folder)
  } catch (error) {
    // The folder may just be replaced by another one.
    hash.update((error as NodeJS.ErrnoException).code ?? '')
  }
  for (const path of paths.sort())
    if (!isOfPeople(path))
      add(hash, basename(path) === 'node_modules' ? join(path, '.package-lock.json') : path, new Set())
  return hash.digest('hex')
}

/** Returns whether a file says who can log in, and nothing else. */
function isOfPeople(path: string): boolean {
  if (!/\.ya?ml$/.test(path)) return false
  try {
    return isFileOfPeople(path, readRegularFile(path).toString('utf8'))
  } catch {
    return false
  }
}

/** Adds a file, or all that lies below a folder; links count as what they lead to. Features of others decide nothing. */
function add(hash: Hash, path: string, above: ReadonlySet<string>): void {
  if (path.endsWith('.feature')) return
  try {
    if (statSync(path).isDirectory()) {
      const real = realpathSync(path)
      // A link may lead to a folder that it lies in.
      if (above.has(real)) return
      for (const name of readdirSync(path).sort()) add(hash, join(path, name), new Set([...above, real]))
    } else {
      const content = readFileSync(path)
      hash.update(`${JSON.stringify(path)} ${content.length}\n`).update(content)
    }
  } catch (error) {
    hash.update(`${JSON.stringify(path)} ${(error as NodeJS.ErrnoException).code ?? ''}\n`)
  }
}
