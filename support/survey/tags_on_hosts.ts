import { liveEnvironment } from '../composition/environments'
import { secretsOf, type Environment } from '../config/environment'
import { parameterValues } from '../preflight/parameter_values'
import { compareWith } from '../rollout/model/compare_with'
import { clean } from '../rollout/model/verdict'
import type { Selection } from '../rollout/ports'
import type { Outcome } from '../rpc/client/result'
import { fits } from '../rpc/contracts/contract'
import { git } from '../rpc/contracts/git'
import { commitId, tagName } from '../rpc/contracts/rules'
import type { RunSurroundings } from '../run/parameters'
import type { Clock } from '../system/clock'
import { redactorOfOthers } from '../system/redaction'
import type { TellWait } from '../system/wait'
import { whyUnknown } from './ask_class'
import { expectedHosts, findHosts, NOTHING_ASKED } from './find_hosts'
import { foldTags, type TagOnHosts, type ToldTags } from './fold_tags'
import type { PingAsked } from './ping'
import { withFleet } from './with_fleet'

/** The tags of a repository, as hosts tell them of themselves. */
export interface TagsOnHosts {
  environment: string
  repository: string
  /** The hosts that should have them: those of the inventory, or those that answered where it says nothing. */
  hosts: readonly string[]
  isExpected: boolean
  /** The hosts of which it is not known, each with the reason. */
  unknown: ReadonlyMap<string, string>
  /** The hosts that answered, and that the inventory does not have: they are not asked. */
  strangers: readonly string[]
  /** The newest ones, and the number of all that were told. */
  tags: readonly TagOnHosts[]
  count: number
}

export interface TagsAsked extends PingAsked {
  repository: string
  /** The one tag that is asked about; all where it is undefined. */
  tag: string | undefined
}

export interface LookOptions {
  clock: Clock
  signal: AbortSignal
  tellWait: TellWait
  /** Milliseconds that an expected host has to answer to its name. */
  askAgainWithin?: number
}

/** Milliseconds that hosts have to tell their tags, at most. */
const MAX_LOOK_MS = 60_000

/**
 * Asks the hosts of an environment which tags of a repository they have. It only looks. Nothing is fetched.
 * @throws LockstepError `bad-config`, `bad-feature` for what can be no repository, tag, class or fact, or what keeps the
 * broker from being used
 */
export function askForTags(
  { repository, tag, classes = [], facts = [] }: TagsAsked,
  context: RunSurroundings,
  cwd: string,
  options: LookOptions,
): Promise<TagsOnHosts> {
  const selection: Selection = {
    ...NOTHING_ASKED,
    classes: classes.map(parameterValues.class),
    facts: facts.map(parameterValues.fact),
  }
  const wanted = {
    repository: parameterValues.repository(repository),
    tag: tag === undefined ? undefined : parameterValues.tag(tag),
  }
  return tagsOnHosts(liveEnvironment({}, context, cwd), selection, wanted, options)
}

/** Asks the hosts of a selection for their tags. @throws LockstepError */
export async function tagsOnHosts(
  environment: Environment,
  selection: Selection,
  { repository, tag }: { repository: string; tag: string | undefined },
  { clock, signal, tellWait, askAgainWithin }: LookOptions,
): Promise<TagsOnHosts> {
  const { timeouts, name } = environment
  const redact = redactorOfOthers(secretsOf(environment))
  const expected = await expectedHosts(environment, selection, signal)
  return withFleet(
    environment,
    { clock, signal, tellWait },
    async ({ client, messages, expectConnected }) => {
      const asking = { expected, askAgainWithin, signal, tellWait }
      const { found, unexpected: early } = await findHosts(client, environment, selection, asking)
      expectConnected()
      const hosts = expected ?? found
      const { missing: silent, strangers } = compareWith(hosts, found)
      const odd = new Set(strangers)
      const within = Math.min(timeouts['git'] ?? timeouts['default'] ?? git.timeout * 1000, MAX_LOOK_MS)
      const { outcomes, unexpected } = await client.call({
        agent: git.agent,
        action: 'tags',
        inputs: { repository, ...(tag === undefined ? {} : { tag }) },
        hosts: found.filter((host) => !odd.has(host)),
        within,
        signal,
        tellWait,
      })
      expectConnected()
      const told = new Map<string, ToldTags>()
      const unknown = new Map(silent.map((host) => [host, 'no answer']))
      for (const [host, outcome] of outcomes) {
        const read = readTags(outcome, tag)
        if (typeof read === 'string') unknown.set(host, clean(redact(read)))
        else told.set(host, read)
      }
      // A second answer that differs says that neither can be believed.
      for (const { host, detail, fails } of [...messages, ...early, ...unexpected])
        if (fails && told.delete(host)) unknown.set(host, clean(redact(detail)))
      return {
        environment: name,
        repository,
        hosts: [...hosts].sort(),
        isExpected: expected !== undefined,
        unknown: new Map([...unknown].sort(([a], [b]) => (a < b ? -1 : 1))),
        strangers,
        ...foldTags(told, tag),
      }
    },
  )
}

/** Returns what a host tells of its tags, or why that is not known. */
function readTags(outcome: Outcome, wanted: string | undefined): ToldTags | string {
  const why = whyUnknown(outcome, git.agent)
  if (why !== undefined) return why
  const data = outcome.kind === 'answered' ? outcome.data : {}
  const { tags, count } = data
  if (typeof tags !== 'object' || tags === null || Array.isArray(tags)) return 'it does not tell its tags'
  const own = new Map<string, string>()
  for (const [name, commit] of Object.entries(tags)) {
    if (!fits(tagName, name) || typeof commit !== 'string' || !fits(commitId, commit))
      return 'it tells a tag or a commit that can be none'
    if (wanted === undefined || name === wanted) own.set(name, commit)
  }
  return { tags: own, isWhole: wanted !== undefined || count === own.size }
}
