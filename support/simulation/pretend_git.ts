import { createHash } from 'node:crypto'
import { DeployFailed, type GitRepositories, type GitRepository } from '../agents/git'

/** Tags that a server has, oldest first, by repository. A tag that is added later comes to a host by its next fetch. */
export type GitTags = Readonly<Record<string, readonly string[]>>

/** The faults of the repositories of a simulated host at the moment. */
export interface GitFaults {
  lies(): boolean
  /** True when its post scripts fail. */
  failsAfter(): boolean
  /** True when it does not have the newest tag. */
  lacks(): boolean
  /** True when the server has moved the tags since the host had them. */
  moved(): boolean
}

/** Returns the commit of a tag of a pretended repository: the same on all hosts. */
export function pretendCommit(repository: string, tag: string): string {
  return createHash('sha1').update(`${repository} ${tag}`).digest('hex')
}

/** Returns the repositories of a simulated host, which serves the tags of `serves`, and their real state. */
export function pretendGit(
  server: GitTags,
  serves: Readonly<Record<string, string>>,
  faults: GitFaults,
): GitRepositories & { really(): readonly string[]; whole(name: string): Served | undefined } {
  const made = new Map(
    Object.entries(serves).map(([name, tag]) => [
      name,
      pretendRepository(name, server[name] ?? [], tag, faults),
    ]),
  )
  return {
    names: [...made.keys()],
    find: (name) => made.get(name),
    // A deploy whose post script failed has not led anybody to its release.
    whole: (name) => made.get(name)?.lastWhole(),
    really: () => [...made].map(([name, each]) => `git ${name} ${each.really()}`).sort(),
  }
}

interface Served {
  tag: string
  commit: string
  whole: boolean
}

function pretendRepository(
  name: string,
  tags: readonly string[],
  first: string,
  { lies, failsAfter, lacks, moved }: GitFaults,
): GitRepository & { really(): string; lastWhole(): Served } {
  let served: Served = { tag: first, commit: pretendCommit(name, first), whole: true }
  let lastWhole = served
  let before: string | undefined
  // A host that lies believes itself: it reports the ordered tag to the next question.
  let claim: Served | undefined
  let fetched = [...tags]
  const own = () => (lacks() ? fetched.slice(0, -1) : fetched)
  const commitOf = (tag: string | undefined) =>
    tag !== undefined && own().includes(tag) ? pretendCommit(name, tag) : undefined
  const url = `pretend:${name}`
  return {
    tags(only) {
      const told = own().filter((tag) => only === undefined || tag === only)
      return {
        tags: new Map([...told].reverse().map((tag) => [tag, pretendCommit(name, tag)])),
        count: told.length,
        fetchedAt: 0,
        url,
      }
    },
    status(tag) {
      const { whole, ...now } = claim ?? served
      claim = undefined
      const tagCommit = commitOf(tag)
      return {
        ...now,
        before,
        whole,
        changes: [],
        problem: whole ? undefined : 'its post script is not known to have succeeded',
        tagCommit,
        serverCommit: moved() && tagCommit !== undefined ? pretendCommit(name, `another ${tag}`) : tagCommit,
        fetchedAt: 0,
        url,
      }
    },
    fetch({ tag }) {
      const added = tags.filter((each) => !fetched.includes(each))
      fetched = [...tags]
      const from = commitOf(tag)
      const isMoved = moved() && tag !== undefined && from !== undefined
      return {
        fetchedAt: 0,
        added,
        moved: isMoved ? [{ tag, from, to: pretendCommit(name, `another ${tag}`) }] : [],
        ignored: 0,
        url,
      }
    },
    deploy(tag, commit) {
      const next = { tag, commit, whole: !failsAfter() }
      if (lies()) claim = next
      else [before, served] = [served.commit, next]
      if (served.whole) lastWhole = served
      if (failsAfter()) throw new DeployFailed('The post script failed: it ended with exit status 1')
    },
    lastWhole: () => lastWhole,
    really: () => `${served.tag}${served.whole ? '' : ', not whole'}`,
  }
}
