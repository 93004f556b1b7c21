import { DeployState } from './deploy_state'
import type {
  BuildElsewhere,
  BuildResult,
  FetchAnswers,
  RecordedChange,
  RecordedPipelineEvent,
  Teller,
} from './events'
import { AnnouncedPackages } from './announced_packages'
import { FetchableCommits } from './fetchable_commits'
import { OpenReports } from './open_reports'
import { RecentIds } from './recent_ids'
import { isFinished } from './tested_commit'

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
  /** The moment when the repository showed it; the last time, where its tests were waited for no longer before. */
  seenAt: string
  /** True when its tests are to be run: its repository had a command for them when it was seen. */
  isToBuild: boolean
  /** True where somebody wants another build, and none was begun since. */
  isAskedFor: boolean
  /** Why its tests are waited for no longer: the repository does not have it any more, or no report of them came. */
  gone: string | undefined
  /** The last build. */
  build: Build | undefined
  /** The builds before the last one that succeeded or failed, the oldest first. */
  earlier: readonly Build[]
  /** The answers of hosts that were asked to fetch it, by environment. */
  fetches: Map<string, HostsFetch>
}

/** The answers of the hosts of one environment about a commit. */
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
  /** The moment of its end by the clock of `lockstep serve`; undefined while it runs. */
  endedAt: string | undefined
  /** The order to runners; absent where `lockstep serve` runs the build itself. */
  order?: BuildOrderState
  /** Undefined for a build of `lockstep serve` itself. */
  elsewhere: BuildElsewhere | undefined
  /** Its place in another CI, as far as that is known. */
  located: { queueItem: number | null; number: number | null; at: string } | undefined
  /** The time of the report of its end, by the clock of its sender; undefined where none has told of it. */
  reportedAt: string | undefined
}

/** An order to runners, from its publication to those who took it. */
export interface BuildOrderState {
  /** A digest of what runners are told to do. */
  digest: string
  /** The moment when a broker confirmed it, and the name of the key that signed it; undefined until then. */
  confirmed: { at: string; key: string } | undefined
  /** The runners that took it, each once, the first one first. A later one took it when another had given it back. */
  takers: { runner: string; at: string }[]
}

/** A delivery without changes takes memory too. */
function weightOf({ changes }: Delivery): number {
  return Math.max(1, changes.length)
}

/** The number of ids of old deliveries that are known again, at the least. */
const MAX_FORGOTTEN = 1_000_000
const NONE: readonly Build[] = []
/** The events after which hosts may have to have another commit. */
const MOVES_NEWEST: ReadonlySet<string> = new Set(['commit seen', 'change passed over', 'build ended'])

/** The state that the events of a pipeline come to. */
export class PipelineState {
  readonly deliveries = new Map<string, Delivery>()
  readonly announced = new AnnouncedPackages()
  /** The reports of other CIs that have changed nothing yet. */
  readonly reports = new OpenReports()
  /** The deliveries with nothing that waits, in the order in which that came to be, from `firstSettled` on. */
  private settled: Delivery[] = []
  private firstSettled = 0
  private settledChanges = 0
  /** The ids of deliveries that are not there any more. */
  private readonly forgotten = new RecentIds(MAX_FORGOTTEN)
  private readonly commitsByKey = new Map<string, PushedCommit>()
  private readonly buildsById = new Map<string, PushedCommit>()
  private readonly fetching = new Map<string, HostsFetch>()
  private readonly fetchable = new FetchableCommits<PushedCommit>()
  /** The plans and rollouts of tags. */
  readonly deploys = new DeployState()

  /**
   * `maxSettled` is the number of changes, among those that wait for nothing, that are kept. Of older deliveries, only their
   * ids are known.
   */
  constructor(private readonly maxSettled: number = Infinity) {}

  static of(events: Iterable<RecordedPipelineEvent>): PipelineState {
    const state = new PipelineState()
    for (const event of events) state.apply(event)
    return state
  }

  /** Returns whether a delivery was taken, also one of which no more is kept. */
  isTaken(delivery: string): boolean {
    return this.deliveries.has(delivery) || this.forgotten.has(delivery)
  }

  /** Returns all commits, in the order in which they were seen. */
  get commits(): readonly PushedCommit[] {
    return [...this.commitsByKey.values()]
  }

  /** Returns the ids of the builds that commits show, in the order in which they were begun. */
  get builds(): readonly string[] {
    return [...this.buildsById].flatMap(([id, { build, earlier }]) =>
      build?.build === id || earlier.some((each) => each.build === id) ? [id] : [],
    )
  }

  commit(repository: string, commit: string): PushedCommit | undefined {
    return this.commitsByKey.get(`${repository} ${commit}`)
  }

  /** Returns the commit that a build is of. */
  commitOf(build: string): PushedCommit | undefined {
    return this.buildsById.get(build)
  }

  /** Returns the commit that hosts should have by now, and the tags by which they can fetch it; undefined where there is none. */
  newestFetchable(
    repository: string,
    isTaken: (tag: string) => boolean = () => true,
  ): { commit: PushedCommit; tags: readonly string[] } | undefined {
    return this.fetchable.newest(repository, isTaken)
  }

  /** Returns whether a commit came to be at a tag later than another one of its repository. */
  isNewer(repository: string, commit: string, other: string): boolean {
    const [one, another] = [this.commit(repository, commit), this.commit(repository, other)]
    return one !== undefined && another !== undefined && this.fetchable.isNewer(one, another)
  }

  /** Returns whether a commit is at a tag now, and its tests have passed: hosts are asked for no other. */
  isFetchable(commit: PushedCommit, tag: string): boolean {
    return this.fetchable.has(commit, tag)
  }

  /** Takes the next event. An event that fits to nothing before it changes nothing. */
  apply(event: RecordedPipelineEvent): void {
    const unused = MOVES_NEWEST.has(event.type) ? this.deploys.unusedApprovals : []
    const before = unused.map(({ repository }) => this.newestFetchable(repository))
    this.take(event)
    for (const [index, plan] of unused.entries()) {
      const newest = this.newestFetchable(plan.repository)
      const [tag] = newest?.tags ?? []
      if (newest?.commit === before[index]?.commit && tag === before[index]?.tags[0]) continue
      if (newest?.commit.commit !== plan.commit || tag !== plan.tag) this.deploys.lapse(plan, tag ?? '')
    }
  }

  private take(event: RecordedPipelineEvent): void {
    switch (event.type) {
      case 'push taken': {
        const { delivery, repository, teller, by, at, changes } = event
        if (this.isTaken(delivery)) return
        const open = { state: 'waiting', commit: null, why: null } as const
        const waiting = changes.map((change) => ({ ...change, ...open }))
        this.deliveries.set(delivery, { delivery, repository, teller, by, at, changes: waiting })
        this.forgetOld(delivery)
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
          // It is waited for anew, and for as long as at first.
          if (known.gone !== undefined) known.seenAt = event.at
          known.gone = undefined
          this.fetchable.see(known, event.ref)
          return
        }
        const { repository, commit, ref, at, isToBuild } = event
        const fetches = new Map<string, HostsFetch>()
        const unbuilt = { isAskedFor: false, gone: undefined, build: undefined, earlier: NONE, fetches }
        const seen = { repository, commit, refs: [ref], seenAt: at, isToBuild, ...unbuilt }
        this.commitsByKey.set(key, seen)
        this.fetchable.see(seen, ref)
        return
      }
      case 'commit gone': {
        const lost = this.commit(event.repository, event.commit)
        if (lost === undefined) return
        lost.isToBuild = false
        lost.isAskedFor = false
        lost.gone = event.why
        return
      }
      case 'build asked for': {
        const wanted = this.commit(event.repository, event.commit)
        if (wanted === undefined) return
        wanted.isToBuild = true
        wanted.isAskedFor = true
        wanted.gone = undefined
        return
      }
      case 'build begun': {
        const built = this.commit(event.repository, event.commit)
        if (built === undefined) return
        if (built.build !== undefined && isFinished(built.build))
          built.earlier = [...built.earlier, built.build]
        built.isAskedFor = false
        // Another CI may begin one that was waited for no longer.
        built.gone = undefined
        built.build = {
          build: event.build,
          begunAt: event.at,
          state: 'running',
          why: null,
          seconds: undefined,
          endedAt: undefined,
          ...(event.kind === undefined
            ? {}
            : { order: { digest: event.order ?? '', confirmed: undefined, takers: [] } }),
          elsewhere: event.elsewhere,
          located: undefined,
          reportedAt: undefined,
        }
        this.reports.settle(event.report)
        this.buildsById.set(event.build, built)
        return
      }
      case 'build ordered': {
        const order = this.runningOrder(event.build)
        if (order !== undefined) order.confirmed = { at: event.at, key: event.key }
        return
      }
      case 'order lost': {
        const order = this.runningOrder(event.build)
        if (order !== undefined) order.confirmed = undefined
        return
      }
      case 'build taken': {
        const takers = this.runningOrder(event.build)?.takers
        const { runner, at } = event
        if (takers?.every((each) => each.runner !== runner) === true) takers.push({ runner, at })
        return
      }
      case 'build ended': {
        this.reports.settle(event.report)
        const built = this.buildsById.get(event.build)
        const build = built?.build
        if (build?.build !== event.build || build.state !== 'running') return
        Object.assign(build, {
          state: event.result,
          why: event.why,
          seconds: event.seconds ?? undefined,
          endedAt: event.at,
          reportedAt: event.reportedAt,
        })
        return
      }
      case 'build located': {
        const build = this.buildsById.get(event.build)?.build
        if (build?.build !== event.build || build.elsewhere === undefined) return
        const { queueItem, number, url } = event
        const { elsewhere } = build
        const name = number === null ? elsewhere.build : String(number)
        build.located = { queueItem, number, at: build.located?.at ?? event.at }
        build.elsewhere = { ...elsewhere, build: name, url: url ?? elsewhere.url }
        return
      }
      case 'report taken':
        return this.reports.take(event)
      case 'report passed over':
        return this.reports.settle(event.report)
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
        return
      }
      case 'packages announced':
      case 'refresh begun':
      case 'hosts have refreshed':
        return this.announced.apply(event)
      default:
        this.deploys.apply(event)
    }
  }

  /** Returns the order of a build that runs; undefined for any other. */
  private runningOrder(id: string): BuildOrderState | undefined {
    const build = this.buildsById.get(id)?.build
    return build?.build === id && build.state === 'running' ? build.order : undefined
  }

  /** Settles one claim. A delivery may have several of one ref, and each has a fate of its own. */
  private settle(
    { delivery, ref, after }: { delivery: string; ref: string; after: string | null },
    fate: Pick<DeliveredChange, 'state' | 'commit' | 'why'>,
  ): void {
    const open = (this.deliveries.get(delivery)?.changes ?? []).filter(
      (change) => change.ref === ref && change.after === after && change.state === 'waiting',
    )
    for (const change of open) Object.assign(change, fate)
    if (open.length > 0) this.forgetOld(delivery)
  }

  /** Counts a delivery of which nothing waits any more, and forgets those that have not waited for the longest time. */
  private forgetOld(delivery: string): void {
    const settled = this.deliveries.get(delivery)
    if (settled === undefined || settled.changes.some(({ state }) => state === 'waiting')) return
    this.settled.push(settled)
    this.settledChanges += weightOf(settled)
    while (this.settledChanges > this.maxSettled) {
      const oldest = this.settled[this.firstSettled++]
      if (oldest === undefined) break
      this.settledChanges -= weightOf(oldest)
      this.deliveries.delete(oldest.delivery)
      this.forgotten.add(oldest.delivery)
    }
    if (this.firstSettled * 2 < this.settled.length) return
    this.settled = this.settled.slice(this.firstSettled)
    this.firstSettled = 0
  }
}
