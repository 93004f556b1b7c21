import type { Obligation } from './obligation'
import type { Journal } from './journal_entry'

export interface OpenObligation {
  host: string
  obligation: string
}

/**
 * The obligations that are open: hosts taken out of rotation and not yet seen to be back. Each is on disk before it is
 * opened.
 */
export class Ledger {
  private readonly mine = new Map<string, Set<string>>()
  private readonly inherited = new Map<string, Set<string>>()
  private readonly used = new Map<string, Obligation>()

  /**
   * Begins with `openBefore`, which earlier runs have left open. This run may see it closed, and does not answer for
   * it.
   */
  constructor(
    private readonly journal: Journal,
    openBefore: readonly OpenObligation[],
  ) {
    for (const { host, obligation } of openBefore) setOf(this.inherited, obligation).add(host)
  }

  async open(obligation: Obligation, hosts: readonly string[]): Promise<void> {
    const { name } = obligation
    this.used.set(name, obligation)
    const open = setOf(this.mine, name)
    const added = hosts.filter((host) => !open.has(host))
    // A process that ends while this is written must report what its journal will say.
    for (const host of added) open.add(host)
    try {
      await this.journal.append({ type: 'opened', obligation: name, hosts })
    } catch (error) {
      for (const host of added) open.delete(host)
      throw error
    }
  }

  /** Closes an obligation on hosts that were seen to be free of it. */
  async close(obligation: string, hosts: readonly string[]): Promise<void> {
    const lists = [setOf(this.mine, obligation), setOf(this.inherited, obligation)]
    const freed = hosts.filter((host) => lists.some((list) => list.has(host)))
    if (freed.length === 0) return
    await this.journal.append({ type: 'closed', obligation, hosts: freed })
    for (const host of freed) for (const list of lists) list.delete(host)
  }

  /** The obligations that this run opened, each with the hosts that it is still open on. */
  get own(): { obligation: Obligation; hosts: string[] }[] {
    return [...this.used.values()]
      .map((obligation) => ({ obligation, hosts: [...setOf(this.mine, obligation.name)] }))
      .filter(({ hosts }) => hosts.length > 0)
  }

  /** The obligations that are open, from this run or from earlier ones. */
  get all(): OpenObligation[] {
    const all = new Map<string, OpenObligation>()
    for (const [obligation, hosts] of [...this.mine, ...this.inherited]) {
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
