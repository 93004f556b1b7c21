import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Lease, LeaseStore } from '../lock'
import { makeFolder } from '../../system/folders'

/**
 * Returns a store with the lease in a file. The file is replaced as a whole, and is on disk before a rollout learns
 * that it has the lease.
 */
export function leaseFile(path: string): LeaseStore {
  return {
    read() {
      let text: string
      try {
        text = readFileSync(path, 'utf8')
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
        throw error
      }
      return leaseIn(path, text)
    },
    write(lease) {
      makeFolder(dirname(path))
      const next = `${path}.next`
      const file = openSync(next, 'w', 0o600)
      try {
        writeSync(file, `${JSON.stringify(lease)}\n`)
        fsyncSync(file)
      } finally {
        closeSync(file)
      }
      renameSync(next, path)
    },
    clear: () => rmSync(path, { force: true }),
  }
}

/**
 * Reads the lease out of a file's text.
 * @throws Error for a file that is no lease: the owner of the host is not known then, and no rollout gets it
 */
function leaseIn(path: string, text: string): Lease {
  let found: unknown
  try {
    found = JSON.parse(text)
  } catch {
    // The error is thrown below.
  }
  const lease = (typeof found === 'object' ? found : null) as Partial<Lease> | null
  const texts = [lease?.run, lease?.owner, lease?.feature]
  const times = [lease?.since, lease?.until]
  if (
    lease === null ||
    !texts.every((each) => typeof each === 'string') ||
    !times.every((each) => Number.isInteger(each))
  )
    throw new Error(
      `the lease of this host cannot be read; look at ${path}, and remove it if no rollout runs`,
    )
  return lease as Lease
}
