import { isSameVersion, orderOf } from '../rollout/model/versions'
import type { Outcome, UnexpectedReply } from '../rpc/client/result'
import { packages as agent } from '../rpc/contracts/package'
import { findUnreadLists } from '../system/package_lists'
import {
  askClass,
  whyUnknown,
  type AskedHosts,
  type Asking,
  type ClassAnswers,
  type HostClass,
  type HostsToAsk,
} from './ask_class'

/** The versions that are to be in the package lists of hosts. */
export interface WantedRefresh extends HostClass {
  packages: readonly { name: string; version: string }[]
  /** The hosts that have them, and are not asked again. */
  done: ReadonlySet<string>
  /** The hosts that did not have them before. */
  missing: ReadonlySet<string>
}

/** Milliseconds that hosts have to look into their lists, at most. */
const MAX_LOOK_MS = 60_000

/**
 * Has the hosts of a class refresh their package lists, and asks them for each version then. A host has done so by its own
 * answers of this round: it has read the lists of all its sources, and its package manager could install the versions. It
 * installs nothing.
 */
export async function refreshOnHosts(
  wanted: WantedRefresh,
  hosts: HostsToAsk,
  signal: AbortSignal,
): Promise<ClassAnswers> {
  const { done, missing: known } = wanted
  const answers = await askClass(
    { ...wanted, purpose: 'to refresh their package lists', known },
    hosts,
    signal,
    async (asking) => {
      const asked = await askEach(
        { ...asking, hosts: asking.hosts.filter((host) => !done.has(host)) },
        wanted,
        signal,
      )
      const there = asking.hosts.filter((host) => done.has(host))
      return { ...asked, has: [...asked.has, ...there].sort() }
    },
  )
  if (answers.kind === 'not asked') return answers
  // A host that has gone since then has the lists all the same.
  const gone = [...answers.missing.keys()].filter((host) => done.has(host))
  const missing = new Map([...answers.missing].filter(([host]) => !done.has(host)))
  return { ...answers, has: [...answers.has, ...gone].sort(), missing }
}

async function askEach(
  { client, environment, hosts, redact }: Asking,
  { packages }: WantedRefresh,
  signal: AbortSignal,
): Promise<AskedHosts> {
  const { timeouts } = environment
  const within = timeouts[agent.agent] ?? timeouts['default'] ?? agent.timeout * 1000
  const unexpected: UnexpectedReply[] = []
  const missing = new Map<string, string>()
  let has = [...hosts]
  /** Asks the hosts that have had all so far, and keeps those with nothing to complain of. */
  const ask = async (
    action: 'refresh' | 'candidate',
    inputs: Record<string, string>,
    ms: number,
    whyNot: (outcome: Outcome) => string | undefined,
  ) => {
    if (has.length === 0) return
    const call = { agent: agent.agent, action, inputs, hosts: has, within: ms, signal }
    const { outcomes, unexpected: more } = await client.call(call)
    unexpected.push(...more)
    has = []
    for (const [host, outcome] of outcomes) {
      const why = whyUnknown(outcome, agent.agent) ?? whyNot(outcome)
      if (why === undefined) has.push(host)
      else missing.set(host, redact(why))
    }
  }
  await ask('refresh', {}, within, whyNotRead)
  for (const { name, version } of packages)
    await ask('candidate', { package: name, version }, Math.min(within, MAX_LOOK_MS), (outcome) =>
      whyNotAvailable(outcome, name, version),
    )
  return { has: has.sort(), missing, unexpected }
}

/** Some agents count a refresh as done when a source was away. */
function whyNotRead(outcome: Outcome): string | undefined {
  const output = outcome.kind === 'answered' ? outcome.data['output'] : undefined
  const unread = typeof output === 'string' ? findUnreadLists(output) : undefined
  return unread === undefined ? undefined : `Not every package list was read: ${unread}`
}

function whyNotAvailable(outcome: Outcome, name: string, version: string): string | undefined {
  const { candidate, obstacle, provider } = outcome.kind === 'answered' ? outcome.data : {}
  if (typeof obstacle === 'string' && obstacle !== '')
    return `${name} ${version} could not be installed: ${obstacle}`
  if (typeof candidate !== 'string') return `it does not say whether ${name} ${version} could be installed`
  return isSameVersion(candidate, version, orderOf(provider))
    ? undefined
    : `${name} ${version} could not be installed: it would be ${candidate}`
}
