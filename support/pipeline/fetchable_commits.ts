import { lastFinished } from './tested_commit'

const TAG = 'refs/tags/'

interface TestedCommit {
  repository: string
  build: { state: string } | undefined
  earlier: readonly { state: string }[]
}

/**
 * The commits that a host could use: those that are at a tag now and whose tests have passed. Hosts fetch tags and
 * nothing else. The newest is the one whose tag was pushed last: another test of an older one does not make it newer.
 */
export class FetchableCommits<Commit extends TestedCommit> {
  /** The commit that each tag is at, by repository and ref, as the repository has shown it last. */
  private readonly tagged = new Map<string, Commit>()
  /** The tags that each commit is at now, in the order in which they were pushed. */
  private readonly tags = new Map<Commit, Set<string>>()
  /** The commits of each repository that were at a tag, in the order in which they came to be at one. */
  private readonly order = new Map<string, Set<Commit>>()

  see(commit: Commit, ref: string): void {
    if (!ref.startsWith(TAG)) return
    const key = keyOf(commit.repository, ref)
    // Two triggers may tell of one push.
    if (this.tagged.get(key) === commit) return
    this.forget(commit.repository, ref)
    this.tagged.set(key, commit)
    const tags = this.tags.get(commit) ?? new Set()
    this.tags.set(commit, tags.add(ref.slice(TAG.length)))
    const all = this.order.get(commit.repository) ?? new Set()
    all.delete(commit)
    this.order.set(commit.repository, all.add(commit))
  }

  /** Hears of a change that came to nothing: a tag may be gone by it. */
  passOver(repository: string | undefined, { ref, after }: { ref: string; after: string | null }): void {
    if (repository !== undefined && after === null) this.forget(repository, ref)
  }

  /** Returns the newest that has such a tag, and those of its tags: the one that was pushed last in front. */
  newest(
    repository: string,
    isTaken: (tag: string) => boolean,
  ): { commit: Commit; tags: readonly string[] } | undefined {
    for (const commit of [...(this.order.get(repository) ?? [])].reverse()) {
      const tags = [...(this.tags.get(commit) ?? [])].filter(isTaken).reverse()
      if (tags.length > 0 && isGreen(commit)) return { commit, tags }
    }
    return undefined
  }

  /** Returns whether a commit came to be at a tag later than another one. */
  isNewer(commit: Commit, other: Commit): boolean {
    const all = [...(this.order.get(commit.repository) ?? [])]
    return all.indexOf(commit) > all.indexOf(other)
  }

  /** Returns whether a host could use a commit by this tag. */
  has(commit: Commit, tag: string): boolean {
    return this.tags.get(commit)?.has(tag) === true && isGreen(commit)
  }

  private forget(repository: string, ref: string): void {
    const key = keyOf(repository, ref)
    const before = this.tagged.get(key)
    if (before === undefined) return
    this.tagged.delete(key)
    this.tags.get(before)?.delete(ref.slice(TAG.length))
  }
}

/** A build that runs takes nothing back: the last one that has finished counts. */
function isGreen(commit: TestedCommit): boolean {
  return lastFinished(commit)?.state === 'succeeded'
}

function keyOf(repository: string, ref: string): string {
  return `${repository} ${ref}`
}
