import { dirname, resolve } from 'node:path'
import { readRegularFile } from '../system/regular_file'

/** The keys of `lockstep.yaml` whose text is the path of a file with a secret, wherever they stand in an environment. */
const SECRET_KEYS = new Set(['client_config', 'private_key', 'key', 'file'])
/** The lines of a `client.cfg` that name a file with a private key. */
const PRIVATE_KEY = /^\s*plugin\.\S*(?:_private|\.ssl\.key)\s*=\s*(\S.*?)\s*$/gm

/**
 * Returns the files with secrets that a part of `lockstep.yaml` names, and those that a `client.cfg` in it names. It looks
 * at keys alone, so that no file is left out where the rest of that part is not right.
 */
export function secretFilesOf(part: unknown, configPath: string): string[] {
  const named = namedIn(part).flatMap(([key, path]) => {
    const file = resolve(dirname(configPath), path)
    return key === 'client_config' ? [file, ...keysNamedIn(file)] : [file]
  })
  return [...new Set(named)]
}

function namedIn(value: unknown): [key: string, path: string][] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, below]: [string, unknown]) => {
    if (typeof below !== 'string') return namedIn(below)
    return SECRET_KEYS.has(key) ? [[key, below] as [string, string]] : []
  })
}

/** Returns none where the file cannot be read: who uses the environment hears of it. */
function keysNamedIn(clientConfig: string): string[] {
  try {
    const text = readRegularFile(clientConfig).toString('utf8')
    return [...text.matchAll(PRIVATE_KEY)].map(([, key = '']) => resolve(key))
  } catch {
    return []
  }
}
