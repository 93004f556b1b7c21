import { digestOfManaged } from '../../system/managed_digest'
import { groupBy } from '../../system/groups'
import { UnexpectedMessages, type UnexpectedMessage } from '../../system/unexpected_messages'
import type { Answer, Answers, Request } from '../model/answers'
import { inRequests, readLooked, type Remaining, type Removed } from '../model/remains'
import { pickReason } from '../../system/reason'

/** Asks the puppet agents of hosts something that changes nothing. */
export type AskPuppet = (
  action: 'managed' | 'remains',
  inputs: Request['inputs'],
  hosts: readonly string[],
) => Promise<Answers>

/** The kept catalog of a host, by its own word. */
export interface KeptCatalog {
  digest: string
  /** True where it is the catalog of the last run, which `run` and `began` name. */
  ofLastRun: boolean
  run: string
  /** Milliseconds since 1970, by the clock of the host. */
  began: number
  noop: boolean
  configVersion: string
}

/** The hosts that have told their sets, and what is known of the others. */
export interface ToldSets {
  catalogs: ReadonlyMap<string, KeptCatalog>
  /** The resources of each digest that could be had whole. */
  sets: ReadonlyMap<string, readonly string[]>
  /** The reason, by host, why its set is not known. */
  unknown: ReadonlyMap<string, string>
  /** The answers of the hosts in `unknown` that did not say anything, as they came. */
  unheard: ReadonlyMap<string, Answer>
  requestId: string
  unexpected: readonly UnexpectedMessage[]
  interrupted: boolean
}

/** The most hosts that tell whole sets at the same time, so that those fit into the memory. */
const MAX_AT_ONCE = 20
/** The most characters of all resources that are kept, each counted once, and the most places that sets have for them. */
const MAX_CHARACTERS = 16_000_000
const MAX_PLACES = 10_000_000

/**
 * Asks hosts what their puppets manage. All of them tell the digest of their set. Of each set, one host tells the whole
 * of it, and it counts only where it has that digest. Sets that are `known` already are not asked for.
 */
export async function askForSets(
  hosts: readonly string[],
  ask: AskPuppet,
  known: ReadonlyMap<string, readonly string[]>,
): Promise<ToldSets> {
  const first = await ask('managed', { list: false }, hosts)
  const asked = new Set(hosts)
  const unexpected = new UnexpectedMessages<UnexpectedMessage>((host) => asked.has(host))
  for (const message of first.unexpected) unexpected.add(message)
  const catalogs = new Map<string, KeptCatalog>()
  const unknown = new Map<string, string>()
  const unheard = new Map<string, Answer>()
  for (const host of hosts) {
    const answer = first.outcomes.get(host) ?? { kind: 'silent' as const, waited: 0 }
    if (answer.kind === 'silent' || answer.kind === 'untrusted') unheard.set(host, answer)
    const read = readKept(answer)
    if (typeof read === 'string') unknown.set(host, read)
    else catalogs.set(host, read)
  }
  let { interrupted } = first
  const sets = new Map<string, readonly string[]>()
  const kept = new KeptSets()
  const missing = new Map<string, string[]>()
  for (const [digest, own] of groupBy([...catalogs], ([, each]) => each.digest)) {
    const set = known.get(digest)
    if (set !== undefined) sets.set(digest, set)
    else
      missing.set(
        digest,
        own.map(([host]) => host),
      )
  }
  // A host whose answer is lost, or that has another set by now, leaves the word to the next.
  for (let turn = 0; turn < MAX_TURNS && missing.size > 0; turn += 1) {
    const tellers = [...missing].flatMap(([, own]) => own[turn] ?? [])
    for (let at = 0; at < tellers.length; at += MAX_AT_ONCE) {
      const some = tellers.slice(at, at + MAX_AT_ONCE)
      const answers = await ask('managed', { list: true }, some)
      interrupted ||= answers.interrupted
      for (const message of answers.unexpected) unexpected.add(message)
      for (const host of some) {
        const set = resourcesIn(answers.outcomes.get(host))
        const digest = set === undefined ? undefined : digestOfManaged(set)
        if (set === undefined || digest === undefined || !missing.has(digest)) continue
        const own = kept.take(set)
        if (own === undefined) continue
        sets.set(digest, own)
        missing.delete(digest)
      }
    }
  }
  for (const own of missing.values())
    for (const host of own)
      unknown.set(
        host,
        kept.isFull
          ? 'the sets of all hosts together are too large'
          : 'its set of resources was not told whole',
      )
  return {
    catalogs,
    sets,
    unknown,
    unheard,
    requestId: first.requestId,
    unexpected: unexpected.all,
    interrupted,
  }
}

const MAX_TURNS = 3

/** Sets of resources in a memory that has each resource once, however many sets have it. */
class KeptSets {
  isFull = false
  private readonly resources = new Map<string, string>()
  private characters = 0
  private places = 0

  /** Returns a set as it is kept; undefined where there is no room for it. */
  take(set: readonly string[]): readonly string[] | undefined {
    this.places += set.length
    const own = set.map((resource) => this.resources.get(resource) ?? this.add(resource))
    this.isFull ||= this.characters > MAX_CHARACTERS || this.places > MAX_PLACES
    return this.isFull ? undefined : own
  }

  private add(resource: string): string {
    this.characters += resource.length
    this.resources.set(resource, resource)
    return resource
  }
}

export interface ToldRemains {
  looked: ReadonlyMap<string, ReadonlyMap<string, Remaining>>
  /** The answers of hosts that did not say anything. */
  unheard: ReadonlyMap<string, Answer>
  unexpected: readonly UnexpectedMessage[]
  interrupted: boolean
}

/** Asks hosts about resources; those with the same ones together. */
export async function askForRemains(
  removed: ReadonlyMap<string, Removed>,
  ask: AskPuppet,
): Promise<ToldRemains> {
  const unexpected = new UnexpectedMessages<UnexpectedMessage>((host) => removed.has(host))
  const looked = new Map<string, Map<string, Remaining>>()
  const unheard = new Map<string, Answer>()
  let interrupted = false
  const groups = groupBy([...removed], ([, { asked }]) => asked.join('\n'))
  for (const group of groups.values()) {
    const hosts = group.map(([host]) => host)
    for (const resources of inRequests(group[0]?.[1].asked ?? [])) {
      const answers = await ask('remains', { resources }, hosts)
      interrupted ||= answers.interrupted
      for (const message of answers.unexpected) unexpected.add(message)
      for (const host of hosts) {
        const answer = answers.outcomes.get(host) ?? { kind: 'silent' as const, waited: 0 }
        if (answer.kind !== 'answered') unheard.set(host, answer)
        else looked.set(host, new Map([...(looked.get(host) ?? []), ...readLooked(answer.data)]))
      }
    }
  }
  return { looked, unheard, unexpected: unexpected.all, interrupted }
}

/** Reads what a host tells of its kept catalog; a sentence where it tells nothing that can be relied on. */
function readKept(answer: Answer): KeptCatalog | string {
  if (answer.kind === 'failed')
    return /^unknown action\b/i.test(answer.message)
      ? 'its puppet agent has no action managed, so that what its puppet manages cannot be known'
      : pickReason(answer.message) || 'failed without saying why'
  if (answer.kind !== 'answered') return answer.kind
  const { found, problem, digest, of_last_run, run, began, noop, config_version } = answer.data
  if (found === 'none') return 'its puppet has kept no catalog, so that what it manages is not known'
  if (found !== 'whole')
    return `its ${typeof problem === 'string' && problem !== '' ? problem : 'kept catalog is not told in a form that is known'}`
  const at = typeof began === 'string' ? Date.parse(began) : Number.NaN
  if (
    typeof digest !== 'string' ||
    !/^[0-9a-f]{64}$/.test(digest) ||
    Number.isNaN(at) ||
    typeof noop !== 'boolean'
  )
    return 'its kept catalog is not told in a form that is known'
  return {
    digest,
    ofLastRun: of_last_run === true,
    run: typeof run === 'string' ? run : '',
    began: at,
    noop,
    configVersion: typeof config_version === 'string' ? config_version : '',
  }
}

function resourcesIn(answer: Answer | undefined): readonly string[] | undefined {
  if (answer?.kind !== 'answered') return undefined
  const { resources } = answer.data
  return Array.isArray(resources) && resources.every((each): each is string => typeof each === 'string')
    ? resources
    : undefined
}
