import { clean } from '../rollout/model/verdict'
import type { Outcome } from '../rpc/client/result'
import type { Data } from '../rpc/contracts/contract'
import type { Redact } from '../system/redaction'

/** An agent of a host, with its version as the host tells it. */
export interface AgentOnHost {
  name: string
  version: string
}

interface ReadHost {
  daemon: string | undefined
  agents: readonly AgentOnHost[] | undefined
  trouble: string | undefined
}

/** The author of every agent that Lockstep's own daemon brings along. */
const OWN_AUTHOR = 'Lockstep'
/** The characters of a name or a version that are shown. */
const MAX_NAME = 60

/** Reads what a host tells of its daemon and of its agents. `redact` takes secrets out of its texts. */
export function readHost(
  stats: Outcome | undefined,
  inventory: Outcome | undefined,
  redact: Redact,
): ReadHost {
  const trouble =
    troubleWith(inventory, 'agent_inventory', redact) ?? troubleWith(stats, 'daemon_stats', redact)
  const listed = inventory?.kind === 'answered' ? readAgents(inventory.data['agents']) : undefined
  const version = stats?.kind === 'answered' ? textOf(stats.data['version']) : undefined
  if (trouble === undefined && listed === undefined)
    return { daemon: undefined, agents: undefined, trouble: 'rpcutil agent_inventory: lists no agents' }
  const isOurs = listed?.some(({ name, author }) => name === 'rpcutil' && author === OWN_AUTHOR) === true
  const daemon =
    version === undefined || listed === undefined
      ? undefined
      : `${isOurs ? 'lockstep' : 'mcollectived'} ${version}`
  return { daemon, agents: listed?.map(({ name, version }) => ({ name, version })), trouble }
}

/** Formats the agents of a host. A version is shown where it is not that of the daemon itself. */
export function formatAgents(agents: readonly AgentOnHost[], daemon: string | undefined): string {
  const own = daemon?.split(' ')[1]
  return agents
    .map(({ name, version }) => (version === own || version === 'unknown' ? name : `${name} ${version}`))
    .join(', ')
}

function troubleWith(outcome: Outcome | undefined, action: string, redact: Redact): string | undefined {
  const why = reasonOf(outcome)
  return why === undefined ? undefined : `rpcutil ${action}: ${clean(redact(why))}`
}

function reasonOf(outcome: Outcome | undefined): string | undefined {
  switch (outcome?.kind) {
    case undefined:
      return 'was not asked'
    case 'answered':
      return undefined
    case 'failed':
      return outcome.message
    case 'silent':
      return 'no answer'
    case 'untrusted':
      return outcome.reason
  }
}

function readAgents(told: Data | undefined): (AgentOnHost & { author: string })[] | undefined {
  if (!Array.isArray(told)) return undefined
  return told
    .flatMap((entry) => {
      if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) return []
      const name = textOf(entry['agent'])
      if (name === undefined) return []
      return [{ name, version: textOf(entry['version']) ?? 'unknown', author: textOf(entry['author']) ?? '' }]
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
}

function textOf(value: Data | undefined): string | undefined {
  return typeof value === 'string' && value !== '' ? clean(value, MAX_NAME) : undefined
}
