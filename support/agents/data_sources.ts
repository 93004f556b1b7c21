import { createHash } from 'node:crypto'
import { lstatSync, readFileSync } from 'node:fs'
import type { Contract, Data } from '../rpc/contracts/contract'

/** What compound filters and `get_data` can ask of a host beside its facts and classes. */
export interface DataSources {
  readonly names: readonly string[]
  /** Undefined for a source that there is not, and for an agent that the host does not have. */
  lookup(source: string, query: string): Record<string, Data> | undefined
}

const DIGEST_AT_MOST = 16 * 1024 * 1024

/** The sources that every MCollective daemon has: `fact`, `agent` and `fstat`. */
export function dataSources(host: {
  facts: () => Readonly<Record<string, string>>
  agents: () => readonly Contract[]
  version: string
}): DataSources {
  const sources: Readonly<Record<string, (query: string) => Record<string, Data> | undefined>> = {
    fact: (name) => {
      const facts = host.facts()
      const exists = Object.hasOwn(facts, name)
      return exists
        ? { exists, value: facts[name] ?? '', value_encoding: 'text/plain' }
        : { exists, value: false, value_encoding: false }
    },
    agent(name) {
      const found = host.agents().find(({ agent }) => agent === name)
      return found === undefined ? undefined : describeAgent(found, host.version)
    },
    fstat,
  }
  return {
    names: Object.keys(sources),
    lookup: (source, query) => (Object.hasOwn(sources, source) ? sources[source]?.(query) : undefined),
  }
}

/** What MCollective tells of an agent. */
export function describeAgent({ agent, timeout }: Contract, version: string): Record<string, Data> {
  const description = `the ${agent} agent of Lockstep`
  return { agent, timeout, version, description, license: 'Apache-2.0', url: '', author: 'Lockstep' }
}

function fstat(path: string): Record<string, Data> {
  try {
    const stat = lstatSync(path)
    const type = stat.isFile()
      ? 'file'
      : stat.isDirectory()
        ? 'directory'
        : stat.isSymbolicLink()
          ? 'symlink'
          : 'other'
    const seconds = (ms: number) => Math.floor(ms / 1000)
    return {
      name: path,
      output: 'present',
      present: 1,
      size: stat.size,
      mode: stat.mode.toString(8),
      uid: stat.uid,
      gid: stat.gid,
      mtime_seconds: seconds(stat.mtimeMs),
      atime_seconds: seconds(stat.atimeMs),
      ctime_seconds: seconds(stat.ctimeMs),
      mtime_age: seconds(Date.now() - stat.mtimeMs),
      type,
      md5: type === 'file' && stat.size <= DIGEST_AT_MOST ? md5(path) : 0,
    }
  } catch {
    return { name: path, output: 'not present', present: 0, size: 0, type: 'unknown', md5: 0 }
  }
}

function md5(path: string): string | number {
  try {
    return createHash('md5').update(readFileSync(path)).digest('hex')
  } catch {
    return 0
  }
}
