import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Manual } from './manual'

export type OddFile = 'folder' | 'pipe' | 'link to nowhere'

export function writeText(manual: Manual, name: string, text: string): void {
  writeFileSync(makeFolderOf(manual, name), `${text}\n`)
}

export function makeOddFile(manual: Manual, kind: OddFile, name: string): void {
  const path = makeFolderOf(manual, name)
  if (kind === 'folder') mkdirSync(path)
  else if (kind === 'pipe') execFileSync('mkfifo', [path])
  else symlinkSync('nowhere', path)
}

export function appendFile({ scratch }: Manual, more: string, name: string): void {
  writeFileSync(join(scratch.path, name), readFileSync(join(scratch.path, more)), { flag: 'a' })
}

export function removeFolder({ scratch }: Manual, name: string): void {
  rmSync(join(scratch.path, name), { recursive: true })
}

export function isThere({ scratch }: Manual, name: string): boolean {
  return existsSync(join(scratch.path, name))
}

export function readText({ scratch }: Manual, name: string): string {
  return readFileSync(join(scratch.path, name), 'utf8')
}

/** Returns the files of a folder and of the folders in it, by paths from the scenario's folder. */
export function filesIn({ scratch }: Manual, folder: string): string[] {
  const inside = readdirSync(join(scratch.path, folder), { recursive: true, withFileTypes: true })
  const files = inside.filter((entry) => entry.isFile())
  return files.map(({ parentPath, name }) => join(parentPath, name).slice(scratch.path.length + 1))
}

function makeFolderOf({ scratch }: Manual, name: string): string {
  const path = join(scratch.path, name)
  mkdirSync(dirname(path), { recursive: true })
  return path
}
