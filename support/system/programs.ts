import { accessSync, constants, statSync } from 'node:fs'
import { delimiter, isAbsolute, join } from 'node:path'

/** The folders of a host's programs, beside those of PATH: services are started with a short one. */
const ALSO = [
  '/usr/local/sbin',
  '/usr/local/bin',
  '/usr/sbin',
  '/usr/bin',
  '/sbin',
  '/bin',
  '/opt/puppetlabs/bin',
]

/** Returns the path of a program, or undefined where there is none of this name. */
export function findProgram(name: string, path = process.env['PATH'] ?? ''): string | undefined {
  const candidates = isAbsolute(name)
    ? [name]
    : [...path.split(delimiter), ...ALSO].map((folder) => join(folder, name))
  return candidates.find(isExecutable)
}

export function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false
  }
}
