import { createHash } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { basename } from 'node:path'

export function sha256Of(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex')
}

/** Returns a line for each file: its digest, its size in bytes, its name. */
export function formatSums(paths: readonly string[]): string {
  return paths
    .map((path) => `${sha256Of(path)}  ${String(statSync(path).size).padStart(9)}  ${basename(path)}\n`)
    .join('')
}

/** Returns what `sha256sum --check` reads. */
export function formatSumsFile(paths: readonly string[]): string {
  return paths.map((path) => `${sha256Of(path)}  ${basename(path)}\n`).join('')
}
