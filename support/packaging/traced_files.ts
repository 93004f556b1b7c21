import { existsSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'

export interface Traced {
  /** The files that are reached, the first ones with them. */
  files: readonly string[]
  /** The names of the packages that these files load. */
  packages: readonly string[]
}

/**
 * Follows every `require(…)` and `import(…)` of a fixed name in compiled code, also those within a function.
 * @throws Error where a file is named that is not there
 */
export function traceFiles(
  first: readonly string[],
  isFollowed: (from: string, to: string) => boolean = () => true,
): Traced {
  const files = new Set<string>()
  const packages = new Set<string>()
  const follow = (file: string): void => {
    if (files.has(file)) return
    files.add(file)
    for (const name of namesIn(readFileSync(file, 'utf8'))) {
      if (!name.startsWith('.')) packages.add(packageOf(name))
      else {
        const found = fileOf(resolve(dirname(file), name))
        if (found === undefined) throw new Error(`${file} loads ${name}, which is not there`)
        if (isFollowed(file, found)) follow(found)
      }
    }
  }
  for (const file of first) follow(file)
  return { files: [...files].sort(), packages: [...packages].sort() }
}

const LOADED = /\b(?:require|require\.resolve|import)\(\s*(["'`])([^"'`$]+)\1\s*[,)]/g

function namesIn(code: string): string[] {
  const withoutComments = code.replace(/^\s*(?:\/\/|\/?\*).*$/gm, '')
  return [...withoutComments.matchAll(LOADED)]
    .map(([, , name = '']) => name)
    .filter((name) => !name.startsWith('node:'))
}

/** Returns the package of a name: `@a/b` of `@a/b/c`, `a` of `a/c`. */
function packageOf(name: string): string {
  return name
    .split('/')
    .slice(0, name.startsWith('@') ? 2 : 1)
    .join('/')
}

function fileOf(path: string): string | undefined {
  return [path, `${path}.js`, `${path}.cjs`, join(path, 'index.js')].find(
    (each) => existsSync(each) && statSync(each).isFile(),
  )
}
