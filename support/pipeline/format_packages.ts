import { clean } from '../rollout/model/verdict'
import type { AnnouncedPackage } from './announcement'
import type { AnnouncingRepository, HostsRefresh } from './announced_packages'
import { formatAnswers } from './format_fetch'

/** The most packages that a line names. */
const NAMED = 3
/** The most announcements that are shown, unless all are asked for. */
const SHOWN = 5
const MAX_NAME = 80

/** Formats what was announced, as `mywebapp 2.0 and 3 more are`. */
export function formatPackages({
  packages,
  packageCount,
}: {
  packages: readonly AnnouncedPackage[]
  packageCount: number
}): string {
  const named = packages
    .slice(0, NAMED)
    .map(
      ({ name, version }) =>
        `${clean(name, MAX_NAME)}${version === null ? '' : ` ${clean(version, MAX_NAME)}`}`,
    )
  if (named.length === 0) return 'a change is'
  const more = packageCount - named.length
  return `${named.join(', ')}${more === 0 ? '' : ` and ${more} more`} ${packageCount === 1 ? 'is' : 'are'}`
}

/** Formats the announcements of a package repository, the newest first, below the hosts that have refreshed their lists. */
export function formatAnnouncing(
  { repository, announcements, count, refreshes }: AnnouncingRepository,
  { isServed, isWhole }: { isServed: boolean; isWhole: boolean },
): string[] {
  const shown = [...announcements].reverse().slice(0, isWhole ? undefined : SHOWN)
  const last = announcements.at(-1)?.announcement
  const left = count - shown.length
  return [
    `packages of ${clean(repository)}: ${count} ${count === 1 ? 'announcement' : 'announcements'}`,
    ...[...refreshes.values()].map(
      (refresh) => `  ${formatRefresh(refresh, refresh.announcement === last, isServed)}`,
    ),
    ...shown.map((each) => `  ${each.at}  ${formatPackages(each)} announced`),
    ...(left > 0 ? [`  … and ${left} older`] : []),
  ]
}

function formatRefresh(
  { environment, begunAt, answered }: HostsRefresh,
  isLast: boolean,
  isServed: boolean,
): string {
  const earlier = isLast ? '' : '; not asked yet about the last announcement'
  if (answered !== undefined)
    return `lists refreshed ${formatAnswers(environment, answered)} (answered at ${answered.at})${earlier}`
  const since = isServed
    ? `are to refresh their lists since ${begunAt}`
    : `were to refresh their lists from ${begunAt} on`
  return `hosts of ${clean(environment)} ${since}; none is known to have done so${earlier}`
}
