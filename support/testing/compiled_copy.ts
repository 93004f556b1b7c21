import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createHash } from 'node:crypto'
import { dirname, join, relative, resolve } from 'node:path'
import { transformSync } from '@swc/core'

const ROOT = resolve(__dirname, '..', '..')
const CACHE = join(ROOT, 'node_modules', '.cache', 'lockstep')
const DAY_MS = 86_400_000
/** Changes where a copy of the same sources is made in another way. */
const FORM = 2

/**
 * Compiles the product's sources and returns the folder that has them. Some hundred processes of the manual start from
 * it: each would transpile every file anew from the sources. The folder is named by the contents of the sources.
 */
export function compiledCopy(): string {
  const sources = sourcesOf('support').concat(sourcesOf('step_definitions'))
  const copy = join(CACHE, `${nameOf([...sources, 'package.json'])}-${FORM}`)
  if (existsSync(copy)) return copy
  mkdirSync(CACHE, { recursive: true })
  removeOld()
  const made = mkdtempSync(join(CACHE, 'making-'))
  // Another user runs it, too, where a suite says so.
  chmodSync(made, 0o755)
  for (const path of sources) compile(path, made)
  // The package's version is read by the package's own name.
  cpSync(join(ROOT, 'package.json'), join(made, 'package.json'))
  writeFileSync(
    join(made, 'cucumber.js'),
    `module.exports = require('./support/cucumber/profiles').profiles()\n`,
  )
  // The package's manifest names what is in dist.
  symlinkSync('.', join(made, 'dist'))
  try {
    renameSync(made, copy)
  } catch (error) {
    // Another worker was quicker, with equal sources.
    if (!existsSync(copy)) throw error
    rmSync(made, { recursive: true })
  }
  return copy
}

function sourcesOf(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => relative(ROOT, join(parentPath, name)))
    .filter(
      (path) => /\.(ts|c?js|yaml|rb)$/.test(path) && !/^support\/testing\/|\.test\.ts$|\.d\.ts$/.test(path),
    )
    .sort()
}

function nameOf(sources: readonly string[]): string {
  const hash = createHash('sha256')
  for (const path of sources)
    hash
      .update(path)
      .update('\0')
      .update(readFileSync(join(ROOT, path)))
      .update('\0')
  return hash.digest('hex').slice(0, 16)
}

function compile(path: string, into: string): void {
  const to = join(into, path)
  mkdirSync(dirname(to), { recursive: true })
  if (!path.endsWith('.ts')) return cpSync(join(ROOT, path), to)
  const { code } = transformSync(readFileSync(join(ROOT, path), 'utf8'), {
    filename: path,
    swcrc: false,
    module: { type: 'commonjs', ignoreDynamic: true },
    jsc: { target: 'es2022', parser: { syntax: 'typescript' }, keepClassNames: true },
  })
  writeFileSync(to.replace(/\.ts$/, '.js'), code)
}

function removeOld(): void {
  for (const name of readdirSync(CACHE)) {
    const path = join(CACHE, name)
    // Another process may rename its own meanwhile.
    const found = statSync(path, { throwIfNoEntry: false })
    if (found !== undefined && Date.now() - found.mtimeMs > DAY_MS)
      rmSync(path, { recursive: true, force: true })
  }
}
