import type { InventorySource } from '../config/inventory_sources'
import { LockstepError } from '../system/errors'
import { Collection } from './collection'
import { redactNothing, type Redact } from '../system/redaction'
import { readCsv } from './csv'
import type { Host } from './host'
import { readProgram } from './program'
import { readYamlHosts } from './yaml'

/** The hosts that are expected. */
export interface Inventory {
  hosts: readonly Host[]
  /** The hosts of other environments than the one that was asked for. */
  elsewhere: readonly Host[]
}

export interface InventoryOptions {
  /** The environment whose hosts are kept, with those that belong to none. Undefined keeps all hosts. */
  environment: string | undefined
  /** The environments that there are; undefined where a host may have any. */
  environments: readonly string[] | undefined
  signal: AbortSignal
  /** Takes secrets out of what a program says. */
  redact?: Redact
}

/**
 * Reads all sources together: a later one adds to what an earlier one says of the same host.
 * @throws LockstepError `bad-config` naming file and line, or both places where two contradict each other
 */
export async function readInventory(
  sources: readonly InventorySource[],
  { environment, environments, signal, redact = redactNothing }: InventoryOptions,
): Promise<Inventory> {
  const collection = new Collection(environments)
  for (const source of sources) {
    if (signal.aborted)
      throw new LockstepError('interrupted', 'the operator asked to stop while the inventory was read')
    await read(source, collection.beginSource(), signal, redact)
  }
  const hosts = collection.hosts()
  const isMeant = (host: Host) =>
    environment === undefined || host.environment === undefined || host.environment === environment
  return { hosts: hosts.filter(isMeant), elsewhere: hosts.filter((host) => !isMeant(host)) }
}

async function read(
  source: InventorySource,
  add: (host: Host) => void,
  signal: AbortSignal,
  redact: Redact,
): Promise<void> {
  switch (source.kind) {
    case 'csv':
      return readCsv(source, add, signal)
    case 'yaml':
      return readYamlHosts(source.path, add)
    case 'program':
      return readProgram(source, add, signal, redact)
    case 'discovery':
      return
  }
}
