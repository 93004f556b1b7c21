import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { preProcessFile } from 'typescript'

/** A name that code loads, and the file that loads it. */
interface Missing {
  file: string
  name: string
}

/**
 * Returns what files of a package load by a fixed name and would not find there, though it is beside the original. A
 * module that the original lacks, too, is one that its owner calls optional.
 */
export function missingIn(folder: string, original: (file: string) => string): Missing[] {
  return codeIn(folder).flatMap((file) => {
    const code = readFileSync(join(folder, file), 'utf8')
    const isLost = (path: string) =>
      isThere(resolve(dirname(original(file)), path)) && !isThere(resolve(dirname(join(folder, file)), path))
    const loaded = preProcessFile(code, true, true).importedFiles.map(({ fileName }) => fileName)
    const relatives = [...loaded.filter((name) => /^\.\.?(?:\/|$)/.test(name)), ...readBeside(code)]
    const modules = loaded.filter((name) => !/^[./]|^node:|^[a-z]+:/.test(name)).map(moduleOf)
    return [
      ...relatives.filter(isLost),
      ...modules.filter((name) => isModule(original(file), name) && !isModule(join(folder, file), name)),
    ].map((name) => ({ file, name }))
  })
}

/** Returns the files that a package's manifests lead to, and that are not there. */
export function lostEntries(folder: string, original: (file: string) => string): Missing[] {
  return filesIn(folder)
    .filter((file) => /(?:^|\/)package\.json$/.test(file))
    .flatMap((file) => {
      const { main, exports, imports, bin } = JSON.parse(readFileSync(join(folder, file), 'utf8')) as Record<
        string,
        unknown
      >
      return [main, exports, imports, bin]
        .flatMap(textsIn)
        .filter((name) => !/\*|\.d\.[cm]?ts$|^[^./].*[^s]$/.test(name))
        .filter(
          (name) =>
            isThere(join(dirname(original(file)), name)) && !isThere(join(dirname(join(folder, file)), name)),
        )
        .map((name) => ({ file, name }))
    })
}

/** Returns the files below a folder, by their paths within it. */
export function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
}

function codeIn(folder: string): string[] {
  return filesIn(folder).filter((file) => /\.[cm]?js$/.test(file))
}

/** Returns the files that code reads beside itself. */
function readBeside(code: string): string[] {
  const joined = [...code.matchAll(/\((?:__dirname), ((?:(['"])[^'"\n]+\2,? ?)+)\)/g)].map(([, words = '']) =>
    [...words.matchAll(/['"]([^'"]+)['"]/g)].map(([, word = '']) => word).join('/'),
  )
  const urls = [...code.matchAll(/new URL\((['"])([^'"\n]+)\1, import\.meta\.url\)/g)].map(
    ([, , path = '']) => path,
  )
  return [...joined, ...urls.filter((path) => !/^[a-z]+:/.test(path))]
}

function isThere(path: string): boolean {
  return ['', '.js', '.cjs', '.mjs', '.json', '.node', '/index.js', '/package.json'].some(
    (end) => existsSync(path + end) && (end !== '' || statSync(path).isFile()),
  )
}

function isModule(from: string, name: string): boolean {
  const above = dirname(from)
  if (existsSync(join(above, 'node_modules', name))) return true
  return above !== from && isModule(above, name)
}

function moduleOf(name: string): string {
  return name
    .split('/')
    .slice(0, name.startsWith('@') ? 2 : 1)
    .join('/')
}

function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : []
}
