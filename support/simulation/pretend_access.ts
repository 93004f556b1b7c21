import type { AccessSites, SiteAddresses, UserStatus } from '../agents/access'
import { isWithin } from '../system/network'

/** The users that a site of a simulated host lets in at first, by site. */
export type SiteUsers = Readonly<Record<string, readonly string[]>>

/** Returns the sites of a simulated host, and their real state. A host that lies claims what it was told, once. */
export function pretendAccess(
  first: SiteUsers,
  lies: () => boolean,
): AccessSites & { really(): readonly string[] } {
  const made = new Map(Object.entries(first).map(([name, users]) => [name, pretendSite(users, lies)]))
  return {
    names: [...made.keys()],
    find: (name) => made.get(name),
    really: () =>
      [...made]
        .flatMap(([name, { users, really }]) => [
          ...users().map((user) => `access ${name} ${user.name} ${user.kind}`),
          ...really().map((address) => `access ${name} address ${address}`),
        ])
        .sort(),
  }
}

function pretendSite(first: readonly string[], lies: () => boolean) {
  /** The hash of each user; undefined for the password that was there at first. */
  const state = new Map<string, string | undefined>(first.map((user) => [user, undefined]))
  let claim: ReadonlyMap<string, string | undefined> | undefined
  const change = (work: (to: Map<string, string | undefined>) => void) => {
    if (!lies()) return work(state)
    const claimed = new Map(state)
    work(claimed)
    claim = claimed
  }
  return {
    users: () =>
      [...state].map(([name, hash]) => ({
        name,
        kind: hash === undefined ? ('apr1' as const) : ('bcrypt' as const),
      })),
    status(user: string): UserStatus {
      const seen = claim ?? state
      claim = undefined
      const isIn = seen.has(user)
      const hash = seen.get(user)
      return {
        lines: isIn ? 1 : 0,
        usable: isIn,
        kind: isIn ? (hash === undefined ? 'apr1' : 'bcrypt') : undefined,
        hash,
        similar: [...seen.keys()].filter(
          (each) => each !== user && each.toLowerCase() === user.toLowerCase(),
        ),
      }
    },
    ...pretendAddresses(lies),
    allow: (user: string, hash: string) => change((to) => void to.set(user, hash)),
    remove: (user: string) => change((to) => void to.delete(user)),
  }
}

/** Returns the addresses of a site, at first none, and their real state. */
function pretendAddresses(lies: () => boolean): { addresses: SiteAddresses; really(): readonly string[] } {
  let state: readonly string[] = []
  let claim: readonly string[] | undefined
  const change = async (to: readonly string[]) => {
    if (lies()) claim = to
    else state = to
  }
  const addresses: SiteAddresses = {
    list() {
      const seen = claim ?? state
      claim = undefined
      return { addresses: seen, isUnderWay: false }
    },
    allow: (address) => change(state.some((each) => isWithin(address, each)) ? state : [...state, address]),
    remove: (address) => change(state.filter((each) => !isWithin(each, address))),
  }
  return { addresses, really: () => state }
}
