import { mergeOrders } from '../system/merged_orders'

/** A tag, with the hosts that have it, those that lack it, and those of which it is not known. */
export interface TagOnHosts {
  tag: string
  /** The hosts that have it, by the commit at which they do; the commit of the most hosts first. */
  commits: readonly { commit: string; hosts: readonly string[] }[]
  lack: readonly string[]
  /** The hosts that have told their newest tags alone, and not this one. */
  notTold: readonly string[]
}

/** What a host has told of its tags, the newest first. */
export interface ToldTags {
  tags: ReadonlyMap<string, string>
  /** False where the host has more tags than it tells. */
  isWhole: boolean
}

/** The tags that are told of, at most: the newest. */
export const MAX_TAGS = 50

/** Folds what hosts have told into tags, the newest first. A tag that was asked about is there also where no host has it. */
export function foldTags(
  told: ReadonlyMap<string, ToldTags>,
  asked: string | undefined,
): { tags: TagOnHosts[]; count: number } {
  const names = newestFirst([...told.values()].map(({ tags }) => [...tags.keys()]))
  if (asked !== undefined && !names.includes(asked)) names.push(asked)
  const tags = names.slice(0, MAX_TAGS).map((tag): TagOnHosts => {
    const at = new Map<string, string[]>()
    const lack: string[] = []
    const notTold: string[] = []
    for (const [host, own] of told) {
      const commit = own.tags.get(tag)
      if (commit !== undefined) at.set(commit, [...(at.get(commit) ?? []), host])
      else (own.isWhole ? lack : notTold).push(host)
    }
    const commits = [...at]
      .map(([commit, hosts]) => ({ commit, hosts: hosts.sort() }))
      .sort((a, b) => b.hosts.length - a.hosts.length || (a.commit < b.commit ? -1 : 1))
    return { tag, commits, lack: lack.sort(), notTold: notTold.sort() }
  })
  return { tags, count: names.length }
}

function newestFirst(lists: readonly (readonly string[])[]): string[] {
  return mergeOrders([
    ...new Map(lists.map((list) => [list.join('\n'), withoutNumbersInFront(list)])).values(),
  ])
}

/** The names of numbers come first in an object, the smallest first: JavaScript knows no order for them. */
function withoutNumbersInFront(list: readonly string[]): string[] {
  const isNumber = (name: string) => /^(?:0|[1-9]\d*)$/.test(name)
  return [...list.filter(isNumber).reverse(), ...list.filter((name) => !isNumber(name))]
}
