import { foldHostsWithin } from './fold_hosts'

/** The most characters of a range of hosts. */
const MAX_WIDTH = 60

/** Names hosts in a sentence, in ClusterShell's form: the first ten names or ranges, and how many more hosts there are. */
export function nameHosts(hosts: readonly string[], most = 10): string {
  const pieces = foldHostsWithin(hosts, MAX_WIDTH)
  const named = pieces
    .slice(0, most)
    .map(({ text }) => text)
    .join(', ')
  const more = pieces.slice(most).reduce((n, { count }) => n + count, 0)
  return more === 0 ? named : `${named}, … and ${more} more`
}
