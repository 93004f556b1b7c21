import { secretsOf, type Environment } from '../config/environment'
import { compareWith } from '../rollout/model/compare_with'
import { formatHosts } from '../rollout/model/fold_hosts'
import type { RpcClient } from '../rpc/client/client'
import type { Outcome, UnexpectedReply } from '../rpc/client/result'
import { fits } from '../rpc/contracts/contract'
import { git } from '../rpc/contracts/git'
import { tagName } from '../rpc/contracts/rules'
import type { Clock } from '../system/clock'
import { redactorOfOthers, type Redact } from '../system/redaction'
import { tellNobody } from '../system/wait'
import { expectedHosts, findHosts, NOTHING_ASKED } from './find_hosts'
import { withFleet } from './with_fleet'

/** A tag of a repository, the commit that it has to be at, and the hosts that are to have it. */
export interface WantedTag {
  repository: string
  tag: string
  commit: string
  environment: string
  hostClass: string
}

/** The answers of hosts, every host that should be there among them. */
export interface FetchedByHosts {
  kind: 'asked'
  has: readonly string[]
  missing: ReadonlyMap<string, string>
  remarks: readonly string[]
}

export interface HostsToFetch {
  /** Returns an environment as it is configured at the moment. @throws LockstepError */
  environmentOf(name: string): Environment
  clock: Clock
  /** Milliseconds that an expected host has to answer to its name. */
  askAgainWithin?: number
}

/** Milliseconds that hosts have to tell where they have a tag, at most. */
const MAX_LOOK_MS = 60_000

/** Returns whether hosts take a tag of this name. */
export function takesTag(tag: string): boolean {
  return fits(tagName, tag)
}

/**
 * Has the hosts of a class fetch a tag. All are asked first where they have it now, and those that do not have it at the
 * commit are told to fetch. A host has it by its own answer of this round alone: it names the commit of its own tag.
 */
export async function fetchOnHosts(
  wanted: WantedTag,
  { environmentOf, clock, askAgainWithin }: HostsToFetch,
  signal: AbortSignal,
): Promise<FetchedByHosts | { kind: 'not asked'; why: string }> {
  try {
    const environment = environmentOf(wanted.environment)
    const redact = redactorOfOthers(secretsOf(environment))
    const selection = { ...NOTHING_ASKED, classes: [wanted.hostClass] }
    const expected = await expectedHosts(environment, selection, signal)
    return await withFleet(environment, { clock, signal }, async ({ client, messages, expectConnected }) => {
      const asking = { expected, askAgainWithin, signal, tellWait: tellNobody }
      const { found } = await findHosts(client, environment, selection, asking)
      expectConnected()
      const { missing: silent, strangers } = compareWith(expected ?? found, found)
      const own = new Set(strangers)
      const asked = await askEach(
        client,
        environment,
        wanted,
        found.filter((host) => !own.has(host)),
        { signal, redact },
      )
      expectConnected()
      distrust(asked, [...messages, ...asked.unexpected], redact)
      for (const host of silent) asked.missing.set(host, 'no answer')
      const { has, missing } = asked
      return { kind: 'asked', has, missing, remarks: remarkOn(strangers, wanted) }
    })
  } catch (error) {
    // Pushes and builds go on whichever fault it is, and hosts are asked again.
    return { kind: 'not asked', why: (error as Error).message }
  }
}

interface AskedHosts {
  has: string[]
  missing: Map<string, string>
  unexpected: UnexpectedReply[]
}

/** Takes hosts for missing of which something came that cannot be believed, such as a second answer that differs. */
function distrust({ has, missing }: AskedHosts, messages: readonly UnexpectedReply[], redact: Redact): void {
  for (const { host, detail, fails } of messages) {
    const at = has.indexOf(host)
    if (!fails || at < 0) continue
    has.splice(at, 1)
    missing.set(host, redact(detail))
  }
}

async function askEach(
  client: RpcClient,
  environment: Environment,
  { repository, tag, commit }: WantedTag,
  hosts: readonly string[],
  { signal, redact }: { signal: AbortSignal; redact: Redact },
): Promise<AskedHosts> {
  const { timeouts } = environment
  const within = timeouts['git'] ?? timeouts['default'] ?? git.timeout * 1000
  const call = async (action: 'tags' | 'fetch', to: readonly string[], ms: number) => {
    const inputs = { repository, tag }
    const { outcomes, unexpected: more } = await client.call({
      agent: git.agent,
      action,
      inputs,
      hosts: to,
      within: ms,
      signal,
    })
    unexpected.push(...more)
    return outcomes
  }
  const has: string[] = []
  const unexpected: UnexpectedReply[] = []
  const missing = new Map<string, string>()
  const lacking: string[] = []
  for (const [host, outcome] of await call('tags', hosts, Math.min(within, MAX_LOOK_MS))) {
    const why = whyUnknown(outcome)
    if (why !== undefined) missing.set(host, redact(why))
    else if (commitTold(outcome, tag) === commit) has.push(host)
    else lacking.push(host)
  }
  for (const [host, outcome] of await call('fetch', lacking, within)) {
    const at = fetchedCommit(outcome)
    if (outcome.kind === 'answered' && at === commit) has.push(host)
    else missing.set(host, redact(whyUnknown(outcome) ?? describeElse(tag, commit, at)))
  }
  return { has: has.sort(), missing, unexpected }
}

/** Returns why an answer says nothing of a tag; undefined where it does. */
function whyUnknown(outcome: Outcome): string | undefined {
  switch (outcome.kind) {
    case 'answered':
      return undefined
    case 'failed':
      return outcome.message || 'failed without saying why'
    case 'silent':
      return outcome.pings === true ? 'no answer of its git agent, although it answers pings' : 'no answer'
    case 'untrusted':
      return outcome.reason
  }
}

function commitTold(outcome: Outcome, tag: string): unknown {
  const tags = outcome.kind === 'answered' ? outcome.data['tags'] : undefined
  return typeof tags === 'object' && tags !== null && !Array.isArray(tags) && Object.hasOwn(tags, tag)
    ? tags[tag]
    : undefined
}

function fetchedCommit(outcome: Outcome): unknown {
  return outcome.kind === 'answered' ? outcome.data['tag_commit'] : undefined
}

function describeElse(tag: string, commit: string, at: unknown): string {
  return typeof at === 'string'
    ? `it has the tag ${tag} at ${at}, and not at ${commit}`
    : `it does not say at which commit it has the tag ${tag}`
}

function remarkOn(strangers: readonly string[], { environment, hostClass }: WantedTag): string[] {
  if (strangers.length === 0) return []
  return [
    `${formatHosts(strangers)} answer with class ${hostClass}, and are not in the inventory of ${environment}: they are not asked to fetch`,
  ]
}
