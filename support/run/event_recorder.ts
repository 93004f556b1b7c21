import type { Conclusion, JournalEntry } from '../rollout/model/journal_entry'
import { HostList, type HostRange } from '../rollout/model/host_list'
import { count, hasPassed } from '../rollout/model/verdict'
import { redactNothing, type Redact } from '../system/redaction'
import type { DurableEvent, OwnEvent } from './events'

/** The waves of a feature as a rollout has them, by names of hosts. */
export interface SaidWaves {
  type: 'waves'
  taken: number
  waves: readonly { name: string; hosts: readonly string[] }[]
  left: readonly string[]
}

/** The events that the stream takes: as they are recorded, but for those that name hosts one by one. */
export type Said =
  JournalEntry | Conclusion | SaidWaves | Exclude<OwnEvent, { type: 'verdict' | 'undone' | 'waves' }>

/** Characters that are kept of what was seen of a host; screens and reports show less of it. */
const MAX_SEEN = 4_000

/**
 * Turns events into their recorded form. A verdict knows its hosts by ranges of one list, so that it grows with what
 * differs and not with the hosts. The list is that of the roll calls; a host that is on none is added by the event that
 * first names it.
 */
export class EventRecorder {
  /** Hides secrets before a text is cut: half a secret is not found. */
  redact: Redact = redactNothing
  private readonly hosts = new HostList((seen) => this.shorten(seen))

  record(said: Said): DurableEvent {
    if (said.type === 'roll call') this.hosts.rangesOf(said.hosts)
    if (said.type === 'waves') return this.waves(said)
    if (said.type !== 'verdict' && said.type !== 'undone') return said
    const { verdict, ...rest } = said
    const outcome = { passed: hasPassed(verdict), counts: count(verdict) }
    return { ...rest, ...outcome, ...this.hosts.record(verdict) }
  }

  private waves({ taken, waves, left }: SaidWaves): DurableEvent {
    const known = this.hosts.names.length
    const placed = waves.map(({ name, hosts }) => ({ name, hosts: this.rangesOf(hosts) }))
    const rest = this.rangesOf(left)
    return { type: 'waves', added: this.hosts.names.slice(known), taken, waves: placed, left: rest }
  }

  private rangesOf(hosts: readonly string[]): readonly HostRange[] {
    return this.hosts.rangesOf(hosts)
  }

  private shorten(seen: string): string {
    if (seen.length <= MAX_SEEN) return seen
    const cut = `${this.redact(seen).slice(0, MAX_SEEN)}… (${seen.length} characters)`
    // A part of a text keeps all of it in memory, unless it is copied.
    return Buffer.from(cut).toString()
  }
}
