/** A road on which a host is, and how that is known. */
interface Home {
  road: string
  isWritten: boolean
}

/**
 * The road of each host: the one that the inventory names, or else the one by which it was heard first. A host that was
 * heard by two roads is on none. Hosts whose names differ in case alone are one host.
 */
export class HomeRoads {
  private readonly homes = new Map<string, Home>()
  /** The two roads of hosts that were heard by both. */
  private readonly contested = new Map<string, readonly [string, string]>()

  /** Takes the roads that the inventory names. */
  write(roads: ReadonlyMap<string, string>): void {
    for (const [host, road] of roads) this.homes.set(keyOf(host), { road, isWritten: true })
  }

  /** Returns the road of a host; undefined where it is not known, or where it was heard by two. */
  of(host: string): string | undefined {
    return this.isContested(host) ? undefined : this.homes.get(keyOf(host))?.road
  }

  isContested(host: string): boolean {
    return this.contested.has(keyOf(host))
  }

  /** Returns whether the inventory names the road of a host. */
  isWritten(host: string): boolean {
    return this.homes.get(keyOf(host))?.isWritten === true
  }

  /** Notes that a host has answered a ping by a road, with a signature that is good there. */
  hear(host: string, road: string): void {
    const key = keyOf(host)
    const home = this.homes.get(key)
    if (home === undefined) this.homes.set(key, { road, isWritten: false })
    else if (home.road !== road && !home.isWritten && !this.contested.has(key))
      this.contested.set(key, [home.road, road])
  }

  /** Returns why an answer of a host by a road is none, as the end of a sentence about the host; undefined where it may be. */
  faultOf(host: string, road: string): string | undefined {
    const twice = this.contested.get(keyOf(host))
    if (twice !== undefined)
      return `answers by the roads ${twice.join(' and ')}: end one of the two daemons, give one another identity, or name the road of the host in the inventory; nothing more is sent to it`
    const home = this.homes.get(keyOf(host))
    if (home === undefined || home.road === road) return undefined
    return `is on the road ${home.road}, and an answer in its name came by the road ${road}; it does not count`
  }
}

function keyOf(host: string): string {
  return host.toLowerCase()
}
