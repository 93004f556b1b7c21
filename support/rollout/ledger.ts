import type { Hold, Journal } from './ports'

export interface Obligation {
  host: string
  obligation: string
}

/** What has been taken out of the pool, or is held otherwise, and not been seen to be free. On disk before it is opened. */
export class Ledger {
  private readonly open = new Map<string, Set<string>>()
  private readonly inherited = new Map<string, Set<string>>()
  private readonly used = new Map<string, Hold>()

  /** `heldBefore` is what earlier runs have left: this run may see it lifted, but has not to answer for it. */
  constructor(
    private readonly journal: Journal,
    heldBefore: readonly Obligation[],
  ) {
    for (const { host, obligation } of heldBefore) setOf(this.inherited, obligation).add(host)
  }

  async opening(hold: Hold, hosts: readonly string[]): Promise<void> {
    const { obligation } = hold
    this.used.set(obligation, hold)
    const open = setOf(this.open, obligation)
    const added = hosts.filter((host) => !open.has(host))
    // A process that ends while this is written must say what its journal will say.
    for (const host of added) open.add(host)
    try {
      await this.journal.append({ type: 'opened', obligation, hosts })
    } catch (error) {
      for (const host of added) open.delete(host)
      throw error
    }
  }

  /** Called only with hosts that were observed to be free of it. */
  async lifted(obligation: string, hosts: readonly string[]): Promise<void> {
    const lists = [setOf(this.open, obligation), setOf(this.inherited, obligation)]
    const freed = hosts.filter((host) => lists.some((list) => list.has(host)))
    if (freed.length === 0) return
    await this.journal.append({ type: 'lifted', obligation, hosts: freed })
    for (const host of freed) for (const list of lists) list.delete(host)
  }

  /** What this run holds: each hold with its hosts. */
  get holding(): { hold: Hold; hosts: string[] }[] {
    return [...this.used.values()]
      .map((hold) => ({ hold, hosts: [...setOf(this.open, hold.obligation)] }))
      .filter(({ hosts }) => hosts.length > 0)
  }

  /** Everything that is held, by this run or by earlier ones. */
  get held(): Obligation[] {
    const all = new Map<string, Obligation>()
    for (const [obligation, hosts] of [...this.open, ...this.inherited]) {
      for (const host of hosts) all.set(`${obligation} ${host}`, { host, obligation })
    }
    return [...all.values()]
  }
}

function setOf(lists: Map<string, Set<string>>, obligation: string): Set<string> {
  const list = lists.get(obligation) ?? new Set()
  lists.set(obligation, list)
  return list
}
