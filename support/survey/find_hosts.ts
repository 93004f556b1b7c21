import { secretsOf, type Environment } from '../config/environment'
import { readExpectedHosts } from '../inventory/expected_hosts'
import { filterOf } from '../inventory/selection'
import { compareWith } from '../rollout/model/compare_with'
import type { Selection } from '../rollout/ports'
import type { RpcClient } from '../rpc/client/client'
import type { UnexpectedReply } from '../rpc/client/result'
import { redactorOfOthers } from '../system/redaction'
import type { TellWait } from '../system/wait'

/** The number of discovery windows that an expected host gets to show itself. */
const KNOWN_HOSTS_WITHIN = 5

/** The selection of every host. */
export const NOTHING_ASKED: Selection = { classes: [], facts: [], identities: [], listed: undefined }

/**
 * Returns the hosts of a selection that should be there; undefined where no inventory says so.
 * @throws LockstepError for the faults of an inventory
 */
export function expectedHosts(
  environment: Environment,
  selection: Selection,
  signal: AbortSignal,
): Promise<readonly string[] | undefined> {
  const { name, inventory, environments } = environment
  const known = readExpectedHosts(inventory, {
    environment: environments === undefined ? undefined : name,
    environments,
    signal,
    redact: redactorOfOthers(secretsOf(environment)),
  })
  return known?.matching(selection) ?? Promise.resolve(undefined)
}

export interface FindOptions {
  expected: readonly string[] | undefined
  /** Milliseconds that an expected host has, asked by its name, once it was silent in the open discovery. */
  askAgainWithin?: number | undefined
  signal: AbortSignal
  tellWait: TellWait
  /** Called before each of the questions. */
  onAsk?: () => void
}

/**
 * Finds the hosts of a selection that are there, sorted. An expected host is missed only once it does not answer to its own
 * name either, as in a roll call.
 */
export async function findHosts(
  client: RpcClient,
  { discoveryWindow: window }: Pick<Environment, 'discoveryWindow'>,
  selection: Selection,
  { expected, askAgainWithin, signal, tellWait, onAsk = () => {} }: FindOptions,
): Promise<{ found: string[]; unexpected: UnexpectedReply[] }> {
  onAsk()
  const open = await client.discover({ filter: filterOf(selection), within: window, signal, tellWait })
  const { missing: hosts } = compareWith(expected ?? [], open.hosts)
  onAsk()
  if (hosts.length === 0) return { found: open.hosts, unexpected: open.unexpected }
  const within = askAgainWithin ?? window * KNOWN_HOSTS_WITHIN
  const filter = filterOf(NOTHING_ASKED)
  const again = await client.discover({ filter, hosts, within, signal, tellWait })
  return {
    found: [...open.hosts, ...again.hosts].sort(),
    unexpected: [...open.unexpected, ...again.unexpected],
  }
}
