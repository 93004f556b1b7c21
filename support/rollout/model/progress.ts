import type { JournalEntry, Journal } from './journal_entry'

/** A scenario that has begun: the hosts of its wave, if any, and those that it sent a request or an order. */
interface Begun {
  wave: readonly string[] | undefined
  asked: Set<string>
  told: Set<string>
}

/**
 * The hosts that a rollout has finished, by the entries of its journal. A host is done once the scenario of its wave
 * passed. It is not done while out of rotation, nor once ordered to go back to its version before. A host that is not
 * known to be done is not done.
 */
export class Progress {
  private all: readonly string[] = []
  private begun: Begun | undefined
  private readonly taken = new Set<string>()
  private readonly finished = new Set<string>()
  private readonly failed = new Set<string>()
  private readonly outAgain = new Set<string>()
  private readonly toldToGoBack = new Set<string>()
  private readonly changed = new Set<string>()
  /** The hosts of scenarios that are in no wave and did not pass. */
  private readonly spoilt = new Set<string>()
  private readonly out = new Map<string, Set<string>>()

  hear(entry: JournalEntry): void {
    switch (entry.type) {
      case 'roll call':
        this.all = entry.hosts
        break
      case 'scenario':
        addAll(this.spoilt, this.spoiltByNow())
        this.begun = { wave: undefined, asked: new Set(), told: new Set() }
        break
      case 'wave':
        if (this.begun !== undefined) this.begun.wave = entry.hosts
        addAll(this.taken, entry.hosts)
        break
      case 'scenario passed':
        addAll(this.finished, this.begun?.wave ?? [])
        this.begun = undefined
        break
      case 'asked':
        this.ask(entry.hosts, entry.mutating)
        break
      case 'out':
        addAll(this.failed, entry.hosts)
        break
      case 'restoring':
        addAll(this.toldToGoBack, entry.hosts)
        break
      case 'opened':
        addAll(this.outBy(entry.obligation), entry.hosts)
        for (const host of entry.hosts) if (this.finished.has(host)) this.outAgain.add(host)
        break
      case 'closed':
        for (const host of entry.hosts) {
          this.outBy(entry.obligation).delete(host)
          this.outAgain.delete(host)
        }
        break
      default:
    }
  }

  /** The hosts that got the order to go back to the version they had. */
  get restored(): ReadonlySet<string> {
    return this.toldToGoBack
  }

  /** The hosts whose scenarios passed and have to run again: they went back since, or are out of rotation again. */
  get undone(): ReadonlySet<string> {
    return new Set([...this.toldToGoBack, ...this.outAgain])
  }

  /** The hosts that got an order that changes them. */
  get attempted(): ReadonlySet<string> {
    return this.changed
  }

  /**
   * Returns the hosts of the roll call that are not done. `passed` says that all scenarios passed, and hosts failed
   * within the budget at most.
   */
  notDone(passed: boolean): string[] {
    const spoilt = new Set([...this.spoilt, ...this.spoiltByNow()])
    const out = new Set([...this.out.values()].flatMap((hosts) => [...hosts]))
    const isDone = (host: string) => this.finished.has(host) && !spoilt.has(host) && !out.has(host)
    return this.all.filter(
      (host) => this.failed.has(host) || this.toldToGoBack.has(host) || !(passed || isDone(host)),
    )
  }

  private ask(hosts: readonly string[], mutating: boolean): void {
    if (mutating) addAll(this.changed, hosts)
    if (this.begun === undefined || this.begun.wave !== undefined) return
    addAll(this.begun.asked, hosts)
    if (mutating) addAll(this.begun.told, hosts)
  }

  /**
   * Returns the hosts that are not done because a scenario in no wave has not passed yet. A look before a wave says
   * nothing of the waves before it; one behind the last wave is about all.
   */
  private spoiltByNow(): ReadonlySet<string> {
    if (this.begun === undefined || this.begun.wave !== undefined) return NOBODY
    return this.all.every((host) => this.taken.has(host)) ? this.begun.asked : this.begun.told
  }

  private outBy(obligation: string): Set<string> {
    const hosts = this.out.get(obligation) ?? new Set()
    this.out.set(obligation, hosts)
    return hosts
  }
}

const NOBODY: ReadonlySet<string> = new Set()

/** Reads a journal, or a part of one, to its end. */
export function progressOf(entries: readonly JournalEntry[]): Progress {
  const progress = new Progress()
  for (const entry of entries) progress.hear(entry)
  return progress
}

/** Returns a journal that appends to `journal`, and tells `progress` each entry then; conclusions are none of its entries. */
export function heardBy(progress: Progress, journal: Journal): Journal {
  return {
    append: async (entry) => {
      await journal.append(entry)
      if (entry.type !== 'verdict' && entry.type !== 'undone') progress.hear(entry)
    },
  }
}

function addAll(set: Set<string>, hosts: Iterable<string>): void {
  for (const host of hosts) set.add(host)
}
