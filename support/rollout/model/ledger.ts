import type { Obligation } from './obligation'
import type { Journal } from './journal_entry'
import { orderLastFirst } from './last_first'
import { OpenObligations, type OpenObligation } from './open_obligations'

/**
 * The obligations that are open: hosts taken out of rotation and not yet seen to be back. Each is on disk before it is
 * opened.
 */
export class Ledger {
  private readonly obligations: OpenObligations
  private readonly used = new Map<string, Obligation>()

  /**
   * Begins with `openBefore`, which earlier runs have left open. This run may see it closed, and does not answer for
   * it.
   */
  constructor(
    private readonly journal: Journal,
    openBefore: readonly OpenObligation[],
  ) {
    this.obligations = new OpenObligations(openBefore)
  }

  async open(obligation: Obligation, hosts: readonly string[]): Promise<void> {
    const { name } = obligation
    this.used.set(name, obligation)
    // A process that ends while this is written must report what its journal will say.
    const added = this.obligations.open(name, hosts)
    try {
      await this.journal.append({ type: 'opened', obligation: name, hosts })
    } catch (error) {
      this.obligations.takeBack(name, added)
      throw error
    }
  }

  /** Closes an obligation on hosts that were seen to be free of it. */
  async close(obligation: string, hosts: readonly string[]): Promise<void> {
    const freed = hosts.filter((host) => this.obligations.isOpen(obligation, host))
    if (freed.length === 0) return
    await this.journal.append({ type: 'closed', obligation, hosts: freed })
    this.obligations.close(obligation, freed)
  }

  /** The obligations that this run opened, each with the hosts that it is still open on. */
  get own(): { obligation: Obligation; hosts: string[] }[] {
    return [...this.used.values()]
      .map((obligation) => ({ obligation, hosts: this.obligations.ownOf(obligation.name) }))
      .filter(({ hosts }) => hosts.length > 0)
  }

  /** The obligations that this run opened, in the order in which they are undone: on each host the newest first. */
  get ownLastFirst(): { obligation: Obligation; hosts: string[] }[] {
    return orderLastFirst(this.obligations.own).flatMap(({ obligation: name, items }) => {
      const obligation = this.used.get(name)
      return obligation === undefined ? [] : [{ obligation, hosts: items.map(({ host }) => host) }]
    })
  }

  /** The obligations that are open, from this run or from earlier ones. */
  get all(): OpenObligation[] {
    return this.obligations.all
  }
}
