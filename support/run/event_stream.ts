import { canWait, type Journal, type JournalEntry } from '../rollout/model/journal_entry'
import type { Clock } from '../system/clock'
import { LockstepError } from '../system/errors'
import { redactNothing, type Redact } from '../system/redaction'
import { EventRecorder, type Said } from './event_recorder'
import type { DurableEvent, EphemeralEvent, OwnEvent, RecordedEvent, RunEvent } from './events'
import { RunState } from './run_state'
import { HostPlaces } from './written_hosts'

/** The file that events are written to; see JournalFile. */
export interface EventFile {
  put(entry: object): void
  settle(): Promise<void>
  settleNow(): void
}

/** Takes secrets out of an event. */
export type RedactEvent = (event: DurableEvent) => DurableEvent

export type Listener = (event: RunEvent) => void

/** The events that are said at once, and so name no hosts by their place in a list. */
export type PlainEvent =
  | Exclude<OwnEvent, { type: 'verdict' | 'undone' | 'waves' }>
  | Extract<JournalEntry, { type: 'rollouts ended' }>

/**
 * The one stream of a run's events. An event is in the journal first. Then the state is reduced by it, and then
 * listeners get it. Before the first feature begins there is no journal: events until then wait, and stand at the
 * beginning of the journal. The stream is unaware of what events mean.
 */
export class EventStream implements Journal {
  private current = new RunState()
  private readonly recorder: EventRecorder
  private readonly places = new HostPlaces()
  private file: EventFile | undefined
  private redact: RedactEvent = (event) => event
  /** The events before the journal was opened; undefined from then on. */
  private early: RecordedEvent[] | undefined = []
  /** The events that are written, and not yet known to be on disk. Once the stream is broken, none of them is told. */
  private readonly pending: RecordedEvent[] = []
  private readonly listeners = new Set<Listener>()
  private broken: LockstepError | undefined

  constructor(private readonly clock: Pick<Clock, 'now'>) {
    this.recorder = new EventRecorder()
  }

  /** The run by the events that were told so far; some of them may wait for the next one to be on disk. */
  get state(): RunState {
    return this.current
  }

  /** True once the journal has begun. */
  get isRecorded(): boolean {
    return this.file !== undefined && this.early === undefined
  }

  /** Hides secrets from here on, and in the early events. */
  conceal(redact: RedactEvent, shorten: Redact = redactNothing): void {
    this.redact = redact
    this.recorder.redact = shorten
    this.early = this.early?.map((event) => ({ ...redact(event), at: event.at }))
    this.current = new RunState()
    for (const event of this.early ?? []) this.current.apply(event)
  }

  /** Names the file that is written to as soon as a feature begins. */
  openInto(file: EventFile): void {
    this.file = file
  }

  listen(listener: Listener): void {
    this.listeners.add(listener)
  }

  /**
   * Appends an event, and resolves once it is on disk and told. One that can wait for the next one outlives the process
   * by then, and not the machine.
   * @throws LockstepError `journal-failed`; nothing may be said or sent then that needs it
   */
  async append(said: Said): Promise<void> {
    if (this.broken !== undefined) throw this.broken
    const event = this.record(said)
    if (this.isEarly(event)) return this.tell(event)
    try {
      const isBehindOthers = this.pending.length > 0
      this.write(event)
      if (isBehindOthers || !canWait(event)) await this.file?.settle()
    } catch (error) {
      throw this.fail(error)
    }
    // Another event may have found meanwhile that the journal is not what was written: this one is then in doubt.
    if (this.broken !== undefined && this.pending.includes(event)) throw this.broken
    this.tellUntil(event)
  }

  /**
   * Appends an event at once: it outlives this process, and the machine with the next one that is waited for. Where it
   * cannot be written, the run is refused; the event is told all the same, since it can only make the run look worse.
   */
  appendNow(said: PlainEvent): void {
    const event = this.record(said)
    if (this.broken !== undefined || this.isEarly(event)) return this.tell(event)
    try {
      const isBehindOthers = this.pending.length > 0
      this.write(event)
      // The end is not told before it is on disk: what stands on a screen would outlive it.
      if (isBehindOthers || event.type === 'ended') this.file?.settleNow()
    } catch (error) {
      this.fail(error)
      return this.tell(event)
    }
    this.tellUntil(event)
  }

  /** Returns once all that was said is on disk; where it cannot be, the run is refused. */
  settleNow(): void {
    if (this.broken !== undefined || this.early !== undefined) return
    try {
      this.file?.settleNow()
    } catch (error) {
      this.fail(error)
    }
  }

  /**
   * Resolves once all that was said is on disk.
   * @throws LockstepError `journal-failed` where it cannot be; the run is refused then
   */
  async settled(): Promise<void> {
    if (this.broken !== undefined) throw this.broken
    if (this.early !== undefined) return
    try {
      await this.file?.settle()
    } catch (error) {
      throw this.fail(error)
    }
  }

  /** Tells an event to listeners, and does not record it. */
  announce(event: EphemeralEvent): void {
    for (const listener of this.listeners) listener(event)
  }

  private record(said: Said): RecordedEvent {
    const event = this.redact(this.recorder.record(said))
    return { at: new Date(this.clock.now()).toISOString(), ...event }
  }

  private isEarly(event: RecordedEvent): boolean {
    if (this.early === undefined) return false
    if (this.file !== undefined && event.type === 'run') return false
    this.early.push(event)
    return true
  }

  private write(event: RecordedEvent): void {
    if (this.file === undefined) return
    for (const earlier of this.early ?? []) this.file.put(this.places.write(earlier))
    this.early = undefined
    this.file.put(this.places.write(event))
    this.pending.push(event)
  }

  /** Tells all events up to this one. One that was said later may have told it already. */
  private tellUntil(event: RecordedEvent): void {
    if (!this.pending.includes(event)) return
    for (let next = this.pending.shift(); next !== undefined; next = this.pending.shift()) {
      this.tell(next)
      if (next === event) return
    }
  }

  private tell(event: RecordedEvent): void {
    this.current.apply(event)
    for (const listener of this.listeners) listener(event)
  }

  private fail(error: unknown): LockstepError {
    const broken =
      error instanceof LockstepError
        ? error
        : new LockstepError('journal-failed', (error as Error).message, { cause: error })
    if (this.broken !== undefined) return this.broken
    this.broken = broken
    this.tell({ ...this.refusal(broken), at: new Date(this.clock.now()).toISOString() })
    return broken
  }

  private refusal({ code, message }: LockstepError): DurableEvent {
    return this.redact({ type: 'refused', code, message })
  }
}
