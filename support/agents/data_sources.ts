import { createHash } from 'node:crypto'
import { lstatSync, readFileSync, type Stats } from 'node:fs'
import type { Contract, Data } from '../rpc/contracts/contract'

/** The data sources that compound filters and `get_data` can ask a host for, beside its facts and classes. */
export interface DataSources {
  readonly names: readonly string[]
  /** Returns the data of a source; undefined for an unknown source, and for an agent that the host does not have. */
  lookup(source: string, query: string): Record<string, Data> | undefined
}

const MAX_DIGEST = 16 * 1024 * 1024

/** Returns the sources that every MCollective daemon has: `fact`, `agent` and `fstat`. */
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

/** Describes an agent as MCollective does. */
export function describeAgent({ agent, timeout }: Contract, version: string): Record<string, Data> {
  const description = `the ${agent} agent of Lockstep`
  return { agent, timeout, version, description, license: 'Apache-2.0', url: '', author: 'Lockstep' }
}

const NO_FILE: Readonly<Record<string, Data>> = {
  output: 'not present',
  type: 'unknown',
  mode: '0000',
  present: 0,
  size: 0,
  uid: 0,
  gid: 0,
  md5: 0,
  ...timesOf('mtime', undefined),
  ...timesOf('ctime', undefined),
  ...timesOf('atime', undefined),
}

function fstat(path: string): Record<string, Data> {
  try {
    const stat = lstatSync(path)
    return {
      name: path,
      output: 'present',
      type: typeOf(stat),
      mode: stat.mode.toString(8),
      present: 1,
      size: stat.size,
      uid: stat.uid,
      gid: stat.gid,
      md5: stat.isFile() && stat.size <= MAX_DIGEST ? md5(path) : 0,
      ...timesOf('mtime', stat.mtime),
      ...timesOf('ctime', stat.ctime),
      ...timesOf('atime', stat.atime),
    }
  } catch {
    return { name: path, ...NO_FILE }
  }
}

function typeOf(stat: Stats): string {
  if (stat.isFile()) return 'file'
  if (stat.isDirectory()) return 'directory'
  if (stat.isSymbolicLink()) return 'symlink'
  if (stat.isSocket()) return 'socket'
  if (stat.isCharacterDevice()) return 'chardev'
  return stat.isBlockDevice() ? 'blockdev' : 'unknown'
}

/** Formats a time as MCollective does: in the host's own zone, in seconds since 1970, and as seconds ago. */
function timesOf(name: string, at: Date | undefined): Record<string, Data> {
  if (at === undefined) return { [name]: 0, [`${name}_seconds`]: 0, [`${name}_age`]: null }
  const local = new Date(at.getTime() - at.getTimezoneOffset() * 60_000)
  const seconds = Math.floor(at.getTime() / 1000)
  return {
    [name]: local.toISOString().slice(0, 19).replace('T', ' '),
    [`${name}_seconds`]: seconds,
    [`${name}_age`]: Math.floor(Date.now() / 1000) - seconds,
  }
}

function md5(path: string): string | number {
  try {
    return createHash('md5').update(readFileSync(path)).digest('hex')
  } catch {
    return 0
  }
}
