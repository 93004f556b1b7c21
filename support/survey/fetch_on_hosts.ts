import type { Outcome, UnexpectedReply } from '../rpc/client/result'
import { fits } from '../rpc/contracts/contract'
import { git } from '../rpc/contracts/git'
import { tagName } from '../rpc/contracts/rules'
import {
  askClass,
  whyUnknown,
  type AskedHosts,
  type Asking,
  type ClassAnswers,
  type HostClass,
  type HostsToAsk,
} from './ask_class'

/** A tag of a repository, the commit that it has to be at, and the hosts that are to have it. */
export interface WantedTag extends HostClass {
  repository: string
  tag: string
  commit: string
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
export function fetchOnHosts(
  wanted: WantedTag,
  hosts: HostsToAsk,
  signal: AbortSignal,
): Promise<ClassAnswers> {
  return askClass({ ...wanted, purpose: 'to fetch' }, hosts, signal, (asking) =>
    askEach(asking, wanted, signal),
  )
}

async function askEach(
  { client, environment, hosts, redact }: Asking,
  { repository, tag, commit }: WantedTag,
  signal: AbortSignal,
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
    const why = whyUnknown(outcome, git.agent)
    if (why !== undefined) missing.set(host, redact(why))
    else if (commitTold(outcome, tag) === commit) has.push(host)
    else lacking.push(host)
  }
  for (const [host, outcome] of await call('fetch', lacking, within)) {
    const at = fetchedCommit(outcome)
    if (outcome.kind === 'answered' && at === commit) has.push(host)
    else missing.set(host, redact(whyUnknown(outcome, git.agent) ?? describeElse(tag, commit, at)))
  }
  return { has: has.sort(), missing, unexpected }
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
