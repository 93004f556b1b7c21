import type { AnnouncedPackage } from './announcement'
import type { FetchAnswers, RecordedPipelineEvent } from './events'
import { RecentIds } from './recent_ids'

/** An announcement that was taken. */
export interface TakenAnnouncement {
  announcement: string
  at: string
  by: string | null
  packages: readonly AnnouncedPackage[]
  packageCount: number
}

/** The answers of the hosts of one environment about the lists of a package repository. */
export interface HostsRefresh {
  environment: string
  /** The last announcement that hosts were asked for; all before it count too. */
  announcement: string
  begunAt: string
  /** The last answers; undefined until there are some. */
  answered: (FetchAnswers & { at: string }) | undefined
}

/** A package repository that has announced something. */
export interface AnnouncingRepository {
  repository: string
  /** The last announcements, the oldest first. */
  announcements: readonly TakenAnnouncement[]
  /** The number of all of them. */
  count: number
  refreshes: ReadonlyMap<string, HostsRefresh>
}

/** The lists that hosts are to have: those of an announcement, with these versions. */
export interface WantedLists {
  announcement: string
  packages: readonly { name: string; version: string }[]
}

/** The most announcements of a repository that are kept. */
const MAX_KEPT = 20
/** The most packages of a repository whose last version is known. */
const MAX_PACKAGES = 500
/** The most versions that hosts are asked for in a round: each is a question to the package manager. */
const MAX_WANTED = 10
const MAX_IDS = 100_000

class Announcing implements AnnouncingRepository {
  announcements: TakenAnnouncement[] = []
  count = 0
  readonly refreshes = new Map<string, HostsRefresh>()
  /** The last version of each package, and the number of the announcement that had it; the oldest first. */
  readonly latest = new Map<string, { version: string | null; number: number }>()
  /** The numbers of the announcements that are kept. */
  readonly numbers = new Map<string, number>()
  /** The last announcement that all hosts of an environment have answered well for. */
  readonly doneThrough = new Map<string, number>()

  constructor(readonly repository: string) {}
}

/** The state that the announcements of package repositories come to. */
export class AnnouncedPackages {
  private readonly known = new RecentIds(MAX_IDS)
  private readonly byName = new Map<string, Announcing>()

  isKnown(announcement: string): boolean {
    return this.known.has(announcement)
  }

  /** Returns the package repositories that have announced something, by name. */
  get repositories(): readonly AnnouncingRepository[] {
    return [...this.byName.values()].sort((a, b) => (a.repository < b.repository ? -1 : 1))
  }

  refresh(repository: string, environment: string): HostsRefresh | undefined {
    return this.byName.get(repository)?.refreshes.get(environment)
  }

  /** Returns the lists that the hosts of an environment are still to have; undefined where all have them. */
  wanted(repository: string, environment: string): WantedLists | undefined {
    const of = this.byName.get(repository)
    const last = of?.announcements.at(-1)
    const done = of?.doneThrough.get(environment) ?? 0
    if (of === undefined || last === undefined || done >= of.count) return undefined
    const packages = [...of.latest].flatMap(([name, { version, number }]) =>
      number > done && version !== null ? [{ name, version }] : [],
    )
    return { announcement: last.announcement, packages: packages.slice(-MAX_WANTED) }
  }

  /** Takes an event of announcements; any other changes nothing. */
  apply(event: RecordedPipelineEvent): void {
    switch (event.type) {
      case 'packages announced':
        return this.take(event)
      case 'refresh begun': {
        const { repository, environment, announcement, at } = event
        const begun = { environment, announcement, begunAt: at, answered: undefined }
        return void this.byName.get(repository)?.refreshes.set(environment, begun)
      }
      case 'hosts have refreshed': {
        const { repository, environment, announcement, has, missing, at } = event
        const of = this.byName.get(repository)
        const refresh = of?.refreshes.get(environment)
        if (of === undefined || refresh?.announcement !== announcement) return
        refresh.answered = { has, missing, at }
        const number = of.numbers.get(announcement)
        if (missing.length === 0 && has.count > 0 && number !== undefined)
          of.doneThrough.set(environment, number)
      }
    }
  }

  private take(event: Extract<RecordedPipelineEvent, { type: 'packages announced' }>): void {
    const { announcement, repository, by, at, packages, packageCount } = event
    if (this.known.has(announcement)) return
    this.known.add(announcement)
    const of = this.byName.get(repository) ?? new Announcing(repository)
    this.byName.set(repository, of)
    of.count += 1
    of.announcements.push({ announcement, at, by, packages, packageCount })
    of.numbers.set(announcement, of.count)
    if (of.announcements.length > MAX_KEPT) of.announcements.shift()
    dropOldest(of.numbers, MAX_IDS)
    for (const { name, version } of packages) {
      of.latest.delete(name)
      of.latest.set(name, { version, number: of.count })
    }
    dropOldest(of.latest, MAX_PACKAGES)
  }
}

function dropOldest(map: Map<string, unknown>, most: number): void {
  for (const key of map.keys()) {
    if (map.size <= most) return
    map.delete(key)
  }
}
