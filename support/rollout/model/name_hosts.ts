/** Names hosts in a sentence: the first ten, and how many more there are. */
export function nameHosts(hosts: readonly string[]): string {
  return hosts.length > MAX_NAMES
    ? `${hosts.slice(0, MAX_NAMES).join(', ')} and ${hosts.length - MAX_NAMES} more`
    : hosts.join(', ')
}

const MAX_NAMES = 10
