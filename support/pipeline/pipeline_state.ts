import { FetchableCommits } from './fetchable_commits'
import type { BuildResult, FetchAnswers, RecordedChange, RecordedPipelineEvent, Teller } from './events'

/** A push that was told, and what has become of each of its changes. */
export interface Delivery {
  delivery: string
  repository: string
  teller: Teller
  by: string | null
  at: string
  changes: DeliveredChange[]
}

export interface DeliveredChange extends RecordedChange {
  /** `waiting` until the repository was asked. */
  state: 'waiting' | 'seen' | 'passed over'
  /** The commit that the repository has shown on the ref; null until then. An annotated tag has another id than its commit. */
  commit: string | null
  /** The reason in words of a change that was passed over. */
  why: string | null
}

/** A commit that was pushed, and how its tests went. */
export interface PushedCommit {
  repository: string
  commit: string
  /** The refs that it was pushed to, in the order of the pushes. */
  refs: string[]
  seenAt: string
  /** Whether its tests are to be run: its repository had a command for them when it was seen. */
  isToBuild: boolean
  build: Build | undefined
  /** What hosts have answered that were asked to fetch it, by environment. */
  fetches: Map<string, HostsFetch>
}

/** What the hosts of one environment have answered about a commit. */
export interface HostsFetch {
  environment: string
  tag: string
  begunAt: string
  /** The last answers; undefined until there are some. They say nothing of the time after them. */
  answered: (FetchAnswers & { at: string }) | undefined
  /** True once hosts of the environment were asked for another commit: they are asked for this one no longer. */
  superseded: boolean
}

export interface Build {
  build: string
  begunAt: string
  /** `running` until its end is in a journal. */
  state: 'running' | BuildResult
  why: string | null
  seconds: number | undefined
}

/** What the events of a pipeline add up to. */
export class PipelineState {
  readonly deliveries = new Map<string, Delivery>()
  private readonly commitsByKey = new Map<string, PushedCommit>()
  private readonly buildsById = new Map<string, PushedCommit>()
  private readonly fetching = new Map<string, HostsFetch>()
  private readonly fetchable = new FetchableCommits<PushedCommit>()

  static of(events: Iterable<RecordedPipelineEvent>): PipelineState {
    const state = new PipelineState()
    for (const event of events) state.apply(event)
    return state
  }

  /** Returns all commits, in the order in which they were seen. */
  get commits(): readonly PushedCommit[] {
    return [...this.commitsByKey.values()]
  }

  /** Returns the ids of the builds that commits show, in the order in which they were begun. */
  get builds(): readonly string[] {
    return [...this.buildsById].flatMap(([id, { build }]) => (build?.build === id ? [id] : []))
  }

  commit(repository: string, commit: string): PushedCommit | undefined {
    return this.commitsByKey.get(`${repository} ${commit}`)
  }

  /** Returns the commit that a build is of. */
  commitOfBuild(build: string): PushedCommit | undefined {
    return this.buildsById.get(build)
  }

  /** Returns the commit that hosts should have by now, and the tags by which they can fetch it; undefined where there is none. */
  newestFetchable(repository: string): { commit: PushedCommit; tags: readonly string[] } | undefined {
    return this.fetchable.newest(repository)
  }

  /** Takes the next event. An event that fits to nothing before it changes nothing. */
  apply(event: RecordedPipelineEvent): void {
    switch (event.type) {
      case 'push taken': {
        const { delivery, repository, teller, by, at, changes } = event
        if (this.deliveries.has(delivery)) return
        const open = { state: 'waiting', commit: null, why: null } as const
        const waiting = changes.map((change) => ({ ...change, ...open }))
        this.deliveries.set(delivery, { delivery, repository, teller, by, at, changes: waiting })
        return
      }
      case 'change passed over':
        this.fetchable.passOver(this.deliveries.get(event.delivery)?.repository, event)
        return this.settle(event, { state: 'passed over', commit: null, why: event.why })
      case 'commit seen': {
        this.settle(event, { state: 'seen', commit: event.commit, why: null })
        const key = `${event.repository} ${event.commit}`
        const known = this.commitsByKey.get(key)
        if (known !== undefined) {
          if (!known.refs.includes(event.ref)) known.refs.push(event.ref)
          known.isToBuild ||= event.isToBuild
          this.fetchable.see(known, event.ref)
          return
        }
        const { repository, commit, ref, at, isToBuild } = event
        const fetches = new Map<string, HostsFetch>()
        const seen = { repository, commit, refs: [ref], seenAt: at, isToBuild, build: undefined, fetches }
        this.commitsByKey.set(key, seen)
        this.fetchable.see(seen, ref)
        return
      }
      case 'build begun': {
        const built = this.commit(event.repository, event.commit)
        if (built === undefined) return
        built.build = {
          build: event.build,
          begunAt: event.at,
          state: 'running',
          why: null,
          seconds: undefined,
        }
        this.buildsById.set(event.build, built)
        return
      }
      case 'build ended': {
        const built = this.buildsById.get(event.build)
        const build = built?.build
        if (build?.build !== event.build || build.state !== 'running') return
        Object.assign(build, {
          state: event.result,
          why: event.why,
          seconds: event.seconds ?? undefined,
        })
        if (built !== undefined) this.fetchable.endBuild(built)
        return
      }
      case 'fetch begun': {
        const { environment, tag, at, repository } = event
        const key = `${repository} ${environment}`
        const before = this.fetching.get(key)
        if (before !== undefined) before.superseded = true
        const begun = { environment, tag, begunAt: at, answered: undefined, superseded: false }
        this.fetching.set(key, begun)
        this.commit(repository, event.commit)?.fetches.set(environment, begun)
        return
      }
      case 'hosts have fetched': {
        const { repository, commit, environment, tag, has, missing, at } = event
        const fetch = this.commit(repository, commit)?.fetches.get(environment)
        if (fetch?.tag === tag) fetch.answered = { has, missing, at }
      }
    }
  }

  /** Settles one claim. A delivery may have several of one ref, and each has a fate of its own. */
  private settle(
    { delivery, ref, after }: { delivery: string; ref: string; after: string | null },
    fate: Pick<DeliveredChange, 'state' | 'commit' | 'why'>,
  ): void {
    for (const change of this.deliveries.get(delivery)?.changes ?? [])
      if (change.ref === ref && change.after === after && change.state === 'waiting')
        Object.assign(change, fate)
  }
}
