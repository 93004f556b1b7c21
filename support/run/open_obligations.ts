import type { OpenObligation } from '../rollout/model/ledger'

/** The obligations that are open by the events of a run, those of earlier runs among them. */
export class OpenObligations {
  private readonly mine = new Map<string, Set<string>>()
  private readonly inherited = new Map<string, Set<string>>()

  constructor(openBefore: readonly OpenObligation[]) {
    for (const { host, obligation } of openBefore) setOf(this.inherited, obligation).add(host)
  }

  open(obligation: string, hosts: readonly string[]): void {
    for (const host of hosts) setOf(this.mine, obligation).add(host)
  }

  close(obligation: string, hosts: readonly string[]): void {
    for (const list of [this.mine, this.inherited])
      for (const host of hosts) setOf(list, obligation).delete(host)
  }

  get all(): OpenObligation[] {
    const all = new Map<string, OpenObligation>()
    for (const [obligation, hosts] of [...this.mine, ...this.inherited])
      for (const host of hosts) all.set(`${obligation} ${host}`, { host, obligation })
    return [...all.values()]
  }
}

function setOf(lists: Map<string, Set<string>>, obligation: string): Set<string> {
  const list = lists.get(obligation) ?? new Set()
  lists.set(obligation, list)
  return list
}
