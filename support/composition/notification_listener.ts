import type { Environment } from '../config/environment'
import type { Extensions } from '../extensions/extensions'
import { someHosts, type EventName, type RolloutEvent } from '../notifications/event'
import { Outbox } from '../notifications/outbox'
import type { Approval } from '../rollout/ports'
import { clean, count } from '../rollout/model/verdict'
import type { Clock } from '../system/clock'
import { formatDuration } from '../system/duration'
import { EXIT } from '../system/errors'
import { titleOf } from '../run/outcome'
import type { RunEvent } from '../run/events'
import { describeLimited } from '../run/limited'
import { MODES } from '../run/modes'
import type { Run } from '../run/run'
import { makeChannels } from './notification_channels'

/** Milliseconds that the end of a run waits for its notifications. */
const FLUSH = 5_000

/**
 * Sends notifications of a live run, from the entries of its journal. What is told is on disk before. No notification
 * fails a step, and no step waits for one; a failed one is a note.
 */
export class NotificationListener {
  private readonly outbox: Outbox
  private readonly told = new Map<EventName, number>()
  private wave: { name: string; hosts: number } | undefined
  /** Settles once all that was told so far is posted, or can never be. */
  private posted: Promise<void> = Promise.resolve()

  constructor(
    private readonly run: Run,
    environment: Environment,
    private readonly clock: Clock,
    random: () => number,
    ofTeam: Extensions['channels'] = new Map(),
  ) {
    const channels = makeChannels(environment, clock, ofTeam)
    this.outbox = new Outbox({ channels, clock, random })
    run.stream.listen((event) => this.heard(event))
  }

  /** Tells that the run started, once for a run, however many features it has. */
  started(): void {
    if (!this.told.has('started') && !this.looksOnly) this.tell('started')
  }

  /** Returns an approval that tells the world it is wanted before it asks. */
  beforeAsking(approval: Approval): Approval {
    return {
      ask: (question, within) => {
        this.tell('approval wanted', { reason: `${question} It is waited for ${formatDuration(within)}.` })
        return approval.ask(question, within)
      },
    }
  }

  /**
   * Tells the end of a run that has ended, and waits a little for what is still on its way. A run that never began sends
   * nothing.
   */
  async end(): Promise<void> {
    // A run whose end cannot be written has failed by that, and its last notification says so.
    await this.run.stream.settled().catch(() => {})
    this.drift()
    if (this.told.has('started')) this.ended()
    if (this.told.size === 0) return
    await this.posted
    const wait = { what: 'notifications to be sent', withinMs: FLUSH }
    const notes = await this.run.tellWhile(wait, () => this.outbox.close(FLUSH))
    for (const note of notes) this.run.note(this.run.redact(note))
  }

  private ended(): void {
    const { exitCode, refused } = this.run.state
    this.tell('ended', {
      outcome: { title: titleOf(exitCode, this.run.state.mode), exitCode },
      ...(refused === undefined ? {} : { reason: refused.message }),
    })
  }

  /** Tells of hosts that this run had to change again, or finds other than they were released. */
  private drift(): void {
    const changed = this.run.state.drift.map(({ host }) => host)
    const looked = this.looksOnly && this.run.exitCode === EXIT.failed ? this.odd() : []
    const hosts = someHosts([...changed, ...looked])
    if (hosts.count === 0) return
    const reason = looked.length > 0 ? 'a release is not so any more' : 'they had been reported as done'
    this.tell('drift found', { failed: hosts, reason })
  }

  private odd(): string[] {
    return this.run.state.verdicts.flatMap(({ verdict: { observations, unexpected } }) => [
      ...observations.filter(({ passed }) => !passed).map(({ host }) => host),
      ...unexpected.filter(({ fails }) => fails).map(({ host }) => host),
    ])
  }

  private get looksOnly(): boolean {
    return MODES[this.run.mode].purpose === 'drift'
  }

  private heard(entry: RunEvent): void {
    if (this.looksOnly) return
    if (entry.type === 'scenario') this.wave = undefined
    if (entry.type === 'wave') {
      this.wave = { name: entry.name, hosts: entry.hosts.length }
      this.tell('wave begun')
    }
    if (entry.type === 'scenario passed' && this.wave !== undefined) this.tell('wave ended')
    if (entry.type === 'verdict' && !entry.passed && this.run.state.currentVerdict?.tolerated !== true) {
      const { text, uri, line } = this.run.state.current
      this.tell('failed', { reason: `at "${text}" (${uri}:${line})` })
    }
  }

  private tell(event: EventName, more: Partial<RolloutEvent> = {}): void {
    try {
      const number = (this.told.get(event) ?? 0) + 1
      this.told.set(event, number)
      const picture = redacted({ ...this.picture(event, number), ...more }, this.run.redact)
      this.posted = this.posted.then(() => this.postRecorded(picture))
    } catch (error) {
      this.run.note(
        this.run.redact(`the notification "${event}" could not be made: ${(error as Error).message}`),
      )
    }
  }

  /** Posts a notification once what it tells is on disk; or else only one of a failed end, which needs no proof. */
  private async postRecorded(picture: RolloutEvent): Promise<void> {
    try {
      await this.run.stream.settled()
    } catch {
      if (picture.event !== 'ended' || this.run.exitCode === EXIT.passed) return
    }
    this.outbox.post(picture)
  }

  private picture(event: EventName, number: number): RolloutEvent {
    const { state: run } = this.run
    const { wave } = this
    const stops = event === 'failed' || run.exitCode !== 0
    const features = [...new Set(run.plan.map(({ uri }) => uri))]
    const failed =
      run.currentVerdict?.observations.filter(({ passed }) => !passed).map(({ host }) => host) ?? []
    const out = [...run.out.keys()]
    const { answered, diverged, silent } = count(run.currentVerdict ?? { observations: [], unexpected: [] })
    return {
      event,
      run: run.id,
      number,
      time: new Date(this.clock.now()).toISOString(),
      environment: run.environment,
      mode: run.mode,
      feature: features.join(', '),
      release: run.release,
      tickets: run.tickets,
      limit: describeLimited(run),
      wave: event === 'started' || event === 'ended' ? undefined : wave,
      counts: {
        hosts: features.reduce((n, uri) => n + run.hostsOf(uri).length, 0),
        answered,
        diverged,
        silent,
        out: out.length,
        restored: run.restored.length,
        notAttempted: stops ? run.notAttempted.length : 0,
      },
      failed: someHosts([...failed, ...out]),
      outOfRotation: someHosts(run.outOfRotation.map(({ host }) => host)),
      outcome: undefined,
      reason: undefined,
    }
  }
}

/**
 * Returns a value with its texts fit to be shown and without secrets; hosts and features may have sent what they like.
 */
function redacted<T>(value: T, redact: (text: string) => string): T {
  if (typeof value === 'string') return clean(redact(value)) as T
  if (Array.isArray(value)) return value.map((item: unknown) => redacted(item, redact)) as T
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, redacted(item, redact)])) as T
}
