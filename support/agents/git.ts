import { contracts } from '../rpc/contracts'
import type { Data } from '../rpc/contracts/contract'
import { aborting, ActionFailed, type Action, type Agent, type Call } from '../rpc/server/agent'
import { textInput } from '../rpc/server/inputs'
import { InTurn } from '../system/in_turn'

/** The repositories that a host's own configuration names. */
export interface GitRepositories {
  readonly names: readonly string[]
  /** Returns a repository; undefined for one that is not configured. */
  find(name: string): GitRepository | undefined
}

/** A repository on a host: its tags, and the release that is served. */
export interface GitRepository {
  /** Tells the tags that the host has at this moment; where `tag` is given, of that one alone. */
  tags(tag: string | undefined, signal: AbortSignal): Promise<TagsKnown> | TagsKnown
  /** Tells what is served, and where `tag` is, if one is given. */
  status(tag: string | undefined, signal: AbortSignal): Promise<GitStatus> | GitStatus
  /**
   * Fetches tags. A tag that has moved is not taken, unless it is `tag` and has moved to the commit `accept`.
   * @throws Error when it cannot be fetched
   */
  fetch(wanted: FetchWanted, signal: AbortSignal): Promise<Fetched> | Fetched
  /**
   * Serves the commit. The agent has looked before that the tag is there, and that there is something to do.
   * @throws DeployFailed
   */
  deploy(tag: string, commit: string, signal: AbortSignal): Promise<void> | void
}

export interface TagsKnown {
  /** The commit of each tag, the newest first. */
  tags: ReadonlyMap<string, string>
  count: number
  /** Seconds since 1970; undefined for a host that has not fetched yet. */
  fetchedAt: number | undefined
  url: string
}

export interface GitStatus {
  /** The commit that is served; undefined where none is. */
  commit: string | undefined
  tag: string | undefined
  before: string | undefined
  /** False where it is not known that the deploy of the commit came to its end. */
  whole: boolean
  /** Files that differ from the commit, the first ones; undefined where no commit is served. */
  changes: readonly string[] | undefined
  problem: string | undefined
  /** The commit of the tag that was asked about; undefined where the host does not have it. */
  tagCommit: string | undefined
  serverCommit: string | undefined
  fetchedAt: number | undefined
  url: string
}

export interface FetchWanted {
  tag: string | undefined
  accept: string | undefined
}

export interface Fetched {
  fetchedAt: number
  added: readonly string[]
  moved: readonly MovedTag[]
  ignored: number
  url: string
}

export interface MovedTag {
  tag: string
  from: string
  to: string
}

/** A deploy that did not come to its end, with the last lines of the script that failed. */
export class DeployFailed extends Error {
  constructor(
    message: string,
    readonly output = '',
  ) {
    super(message)
  }
}

const MAX_NAMED = 20

/**
 * Returns the git agent. It changes one repository at a time, and none while a script of an earlier daemon runs. It does
 * not wait with a look: a deploy under way shows as one that is not whole.
 */
export function gitAgent(repositories: GitRepositories, untilFree?: (call: Call) => Promise<void>): Agent {
  const queue = new InTurn()
  const on = (inputs: Readonly<Record<string, Data>>) => {
    const name = textInput(inputs, 'repository')
    const found = repositories.find(name)
    if (found !== undefined) return found
    const known = repositories.names.join(', ') || 'none'
    throw new ActionFailed(`No repository ${name} is configured on this host (configured: ${known})`)
  }
  const inTurn =
    (action: Action): Action =>
    async (inputs, call) => {
      await untilFree?.(call)
      return queue.run(call, () => action(inputs, call))
    }
  return {
    contract: contracts.git,
    actions: aborting({
      async tags(inputs, { signal }) {
        const {
          tags,
          count,
          fetchedAt = null,
          url,
        } = await on(inputs).tags(optionalInput(inputs, 'tag'), signal)
        return { tags: Object.fromEntries(tags), count, fetched_at: fetchedAt, url }
      },
      status: async (inputs, { signal }) =>
        formatStatus(await on(inputs).status(optionalInput(inputs, 'tag'), signal)),
      fetch: inTurn(async (inputs, { signal }) => {
        const repository = on(inputs)
        const wanted = { tag: optionalInput(inputs, 'tag'), accept: optionalInput(inputs, 'accept') }
        if (wanted.accept !== undefined && wanted.tag === undefined)
          throw new ActionFailed('accept says where a tag may have moved to, and no tag is given')
        return answerFetch(repository, wanted, signal)
      }),
      deploy: inTurn((inputs, { signal }) =>
        deploy(on(inputs), { tag: textInput(inputs, 'tag'), commit: textInput(inputs, 'commit') }, signal),
      ),
    }),
  }
}

async function answerFetch(
  repository: GitRepository,
  wanted: FetchWanted,
  signal: AbortSignal,
): Promise<Record<string, Data>> {
  const { fetchedAt, added, moved, ignored, url } = await repository.fetch(wanted, signal)
  const { tagCommit = null, serverCommit } = await repository.status(wanted.tag, signal)
  const data: Record<string, Data> = {
    fetched_at: fetchedAt,
    tag_commit: tagCommit,
    added: added.slice(0, MAX_NAMED),
    moved: moved.slice(0, MAX_NAMED).map((each) => ({ ...each })),
    ignored,
    url,
  }
  const own = moved.find(({ tag }) => tag === wanted.tag)
  if (own !== undefined) throw new ActionFailed(describeMoved(own), data)
  const why =
    wanted.tag === undefined ? undefined : whyNotFetched(wanted.tag, { tagCommit, serverCommit, url })
  if (why !== undefined) throw new ActionFailed(why, data)
  return data
}

/** Returns why a fetch is none for its tag; undefined where the host has the tag of the server now. */
function whyNotFetched(
  tag: string,
  {
    tagCommit,
    serverCommit,
    url,
  }: { tagCommit: string | null; serverCommit: string | undefined; url: string },
): string | undefined {
  if (serverCommit === undefined)
    return tagCommit === null
      ? `The server ${url} has no tag ${tag}`
      : `The server ${url} has no tag ${tag} at a commit any more; this host still has it at ${tagCommit}`
  return tagCommit === null
    ? `This host cannot take the tag ${tag}: it has another one whose name is a part of that, or has that as a part; remove that in its repository.git`
    : undefined
}

async function deploy(
  repository: GitRepository,
  { tag, commit }: { tag: string; commit: string },
  signal: AbortSignal,
): Promise<Record<string, Data>> {
  const before = await repository.status(tag, signal)
  const refuse = (why: string) => new ActionFailed(why, { ...formatStatus(before), ran: false })
  if (before.tagCommit === undefined) throw refuse(`This host has no tag ${tag}; fetch it first`)
  if (before.serverCommit !== undefined && before.serverCommit !== before.tagCommit)
    throw refuse(describeMoved({ tag, from: before.tagCommit, to: before.serverCommit }))
  if (before.tagCommit !== commit)
    throw refuse(`The tag ${tag} is at ${before.tagCommit} on this host, and not at ${commit}`)
  if (before.commit === commit && (before.changes ?? []).length > 0)
    throw refuse(
      `The files of ${commit} were changed on this host and are served so: ${formatChanges(before.changes)}; undo that first`,
    )
  if (before.commit === commit && before.whole) return { ...formatStatus(before), ran: false }
  try {
    await repository.deploy(tag, commit, signal)
  } catch (error) {
    const now = await lookAgain(repository, tag, signal)
    const output = error instanceof DeployFailed ? error.output : ''
    throw new ActionFailed(`${(error as Error).message}; ${describeServed(now, before)}`, {
      ...(now === undefined ? {} : formatStatus(now)),
      ran: true,
      output,
    })
  }
  const after = await repository.status(tag, signal)
  const data = { ...formatStatus(after), ran: true }
  if (after.commit !== commit) throw new ActionFailed(describeServed(after, before), data)
  if ((after.changes ?? []).length > 0)
    throw new ActionFailed(`The scripts changed files of the release: ${formatChanges(after.changes)}`, data)
  if (after.problem !== undefined) throw new ActionFailed(after.problem, data)
  return data
}

/** Returns what is served after a deploy that failed; undefined where that is not known. */
async function lookAgain(
  repository: GitRepository,
  tag: string,
  signal: AbortSignal,
): Promise<GitStatus | undefined> {
  try {
    return await repository.status(tag, signal)
  } catch {
    return undefined
  }
}

function describeMoved({ tag, from, to }: MovedTag): string {
  return `The tag ${tag} has moved on the server: this host has it at ${from}, the server at ${to}; it was not taken`
}

function describeServed(now: GitStatus | undefined, before: GitStatus): string {
  if (now === undefined) return 'which commit is served now is not known'
  const was = before.commit ?? 'none'
  return `the commit served is ${now.commit ?? 'none'}${now.commit === before.commit ? ', as before' : `, and was ${was}`}`
}

function formatStatus(status: GitStatus): Record<string, Data> {
  const { changes } = status
  return {
    commit: status.commit ?? null,
    tag: status.tag ?? null,
    before: status.before ?? null,
    whole: status.whole,
    unchanged: changes === undefined ? null : changes.length === 0,
    changes: changes?.slice(0, MAX_NAMED) ?? [],
    problem: status.problem ?? null,
    tag_commit: status.tagCommit ?? null,
    server_commit: status.serverCommit ?? null,
    fetched_at: status.fetchedAt ?? null,
    url: status.url,
  }
}

function formatChanges(changes: readonly string[] = []): string {
  const more = changes.length > 3 ? `, and ${changes.length - 3} more` : ''
  return `${changes.slice(0, 3).join(', ')}${more}`
}

function optionalInput(inputs: Readonly<Record<string, Data>>, name: string): string | undefined {
  return typeof inputs[name] === 'string' ? inputs[name] : undefined
}
