/** An obligation that is open on a host: it is out of rotation. */
export interface OpenObligation {
  host: string
  obligation: string
}

/** The obligations that are open: those that a run has opened, and those that earlier runs have left open. */
export class OpenObligations {
  private readonly mine = new Map<string, Set<string>>()
  private readonly inherited = new Map<string, Set<string>>()
  private opened: OpenObligation[] = []

  constructor(openBefore: readonly OpenObligation[]) {
    for (const { host, obligation } of openBefore) setOf(this.inherited, obligation).add(host)
  }

  /** Opens an obligation, and returns the hosts on which the run had not opened it yet. */
  open(obligation: string, hosts: readonly string[]): string[] {
    const open = setOf(this.mine, obligation)
    const added = hosts.filter((host) => !open.has(host))
    for (const host of added) open.add(host)
    this.opened.push(...added.map((host) => ({ host, obligation })))
    return added
  }

  /** Takes back that the run has opened an obligation on hosts. Whether an earlier one has stays as it is. */
  takeBack(obligation: string, hosts: readonly string[]): void {
    for (const host of hosts) setOf(this.mine, obligation).delete(host)
    this.forgetClosed()
  }

  /** Closes an obligation on hosts, also one that another line has opened. */
  close(obligation: string, hosts: readonly string[]): void {
    for (const list of [this.mine, this.inherited])
      for (const host of hosts) setOf(list, obligation).delete(host)
    this.forgetClosed()
  }

  isOpen(obligation: string, host: string): boolean {
    return [this.mine, this.inherited].some((lists) => setOf(lists, obligation).has(host))
  }

  /** Returns the hosts on which the run has opened an obligation that is still open. */
  ownOf(obligation: string): string[] {
    return [...setOf(this.mine, obligation)]
  }

  /** The obligations that the run has opened and that are still open, in the order in which it opened them. */
  get own(): readonly OpenObligation[] {
    return this.opened
  }

  /** The obligations that are open, of all lines; each is named once. */
  get all(): OpenObligation[] {
    const all = new Map<string, OpenObligation>()
    for (const [obligation, hosts] of [...this.mine, ...this.inherited])
      for (const host of hosts) all.set(`${obligation} ${host}`, { host, obligation })
    return [...all.values()]
  }

  private forgetClosed(): void {
    this.opened = this.opened.filter(({ host, obligation }) => setOf(this.mine, obligation).has(host))
  }
}

function setOf(lists: Map<string, Set<string>>, obligation: string): Set<string> {
  const list = lists.get(obligation) ?? new Set()
  lists.set(obligation, list)
  return list
}
