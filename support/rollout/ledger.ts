import type { Journal } from './ports'

export interface Obligation {
  host: string
  obligation: string
}

/** What has been taken out of the pool and not been seen to be back. On disk before it is opened. */
export class Ledger {
  private readonly open = new Map<string, Set<string>>()

  constructor(private readonly journal: Journal) {}

  async opening(obligation: string, hosts: readonly string[]): Promise<void> {
    await this.journal.append({ type: 'opened', obligation, hosts })
    const held = this.open.get(obligation) ?? new Set()
    this.open.set(obligation, held)
    for (const host of hosts) held.add(host)
  }

  /** Called only with hosts that were observed to be free of it. */
  async lifted(obligation: string, hosts: readonly string[]): Promise<void> {
    const held = this.open.get(obligation)
    const freed = hosts.filter((host) => held?.has(host))
    if (freed.length === 0) return
    await this.journal.append({ type: 'lifted', obligation, hosts: freed })
    for (const host of freed) held?.delete(host)
  }

  holding(obligation: string): string[] {
    return [...(this.open.get(obligation) ?? [])]
  }

  get held(): Obligation[] {
    return [...this.open].flatMap(([obligation, hosts]) => [...hosts].map((host) => ({ host, obligation })))
  }
}
