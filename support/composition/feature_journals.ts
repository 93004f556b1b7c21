import type { Conclusion, Journal, JournalEntry } from '../rollout/model/journal_entry'
import type { Said } from '../run/event_recorder'

/** The events of a run, as far as rollouts append to them. */
export interface Appending {
  append(said: Said): Promise<void>
}

type Closed = Extract<JournalEntry, { type: 'closed' }>

/**
 * The one journal of a run, for each of its features. An entry is of the feature that wrote it, whichever feature began
 * last. Hosts that are put back count for the feature that took them out, whichever feature saw them free.
 */
export class FeatureJournals {
  /** The feature whose rollout is at work. */
  private working = ''
  /** The feature that the next entry would be of. */
  private current = ''
  /** The features that took hosts out, by obligation and host. */
  private readonly openers = new Map<string, string>()

  constructor(private readonly stream: Appending) {}

  /** Names the feature whose rollout goes on from here. */
  goOn(feature: string): void {
    this.working = feature
  }

  /** Returns the journal of a feature. */
  of(feature: string): Appending {
    return { append: (said) => this.append(feature, said) }
  }

  /** The journal of what is out of rotation, which all features share. */
  get ofLedger(): Journal {
    return { append: (entry) => (entry.type === 'closed' ? this.close(entry) : this.open(entry)) }
  }

  private async open(entry: JournalEntry | Conclusion): Promise<void> {
    const feature = this.working
    await this.append(feature, entry)
    if (entry.type === 'opened')
      for (const host of entry.hosts) this.openers.set(keyOf(entry.obligation, host), feature)
  }

  private async close({ obligation, hosts }: Closed): Promise<void> {
    const byFeature = new Map<string, string[]>()
    for (const host of hosts) {
      const feature = this.openers.get(keyOf(obligation, host)) ?? this.working
      const own = byFeature.get(feature) ?? []
      byFeature.set(feature, own)
      own.push(host)
    }
    await Promise.all(
      [...byFeature].map(([feature, own]) =>
        this.append(feature, { type: 'closed', obligation, hosts: own }),
      ),
    )
  }

  private async append(feature: string, said: Said): Promise<void> {
    const isNamed = said.type === 'run' || feature === this.current
    this.current = feature
    // Both are appended in one go, so that no other entry comes between them.
    const named = isNamed ? undefined : this.stream.append({ type: 'feature', feature })
    await Promise.all([named, this.stream.append(said)])
  }
}

function keyOf(obligation: string, host: string): string {
  return `${obligation} ${host}`
}
