import type { RegisteredHost } from '../monitoring/registration_message'
import type { Monitoring } from '../monitoring/open_monitoring'
import { tellLook, type ToldOfMonitoring } from '../monitoring/tell_look'
import { Bell } from '../pipeline/bell'
import { sayOnce } from '../system/say_once'
import type { Part, PartContext } from './part'

export interface MonitoringPartOptions {
  monitoring: Monitoring
  everyMs: number
  /** Listens to registrations until the signal is aborted. */
  listen(
    onRegistered: (host: RegisteredHost) => void,
    onTrouble: (sentence: string) => void,
    signal: AbortSignal,
  ): Promise<void>
  /** Sends a notification; no end of it concerns monitoring. */
  notify(told: readonly ToldOfMonitoring[]): void
}

/**
 * Returns the part that keeps monitoring in step with the inventory: at every interval, and at once when a host registers
 * that has not before, or that has other checks. A trouble is told once, until it changes.
 */
export function monitoringPart({ monitoring, everyMs, listen, notify }: MonitoringPartOptions): Part {
  return {
    name: 'monitoring',
    async run(context) {
      const { clock, signal, log, redact } = context
      const { registrations } = monitoring
      const bell = new Bell(clock)
      const onTrouble = sayOnce((sentence) => log.warn(`monitoring: ${redact(sentence)}`))
      if (registrations.fault !== undefined) log.warn(redact(registrations.fault))
      const listening = listen(
        (host) => {
          if (registrations.take(host, clock.now())) bell.ring()
        },
        onTrouble,
        signal,
      )
      const looking = lookAgain(context, monitoring, new Teller(context, notify), () =>
        bell.wait(everyMs, signal),
      )
      await Promise.all([listening, looking])
    },
  }
}

async function lookAgain(
  { signal, pipeline, log, redact }: PartContext,
  monitoring: Monitoring,
  teller: Teller,
  wait: () => Promise<void>,
): Promise<void> {
  const onTrouble = sayOnce((sentence) => log.warn(redact(sentence)))
  while (!signal.aborted) {
    // One that was taken over from would bring back what the other has removed.
    pipeline.expectOwned()
    try {
      monitoring.registrations.save()
    } catch (error) {
      onTrouble(`monitoring: registrations cannot be written: ${(error as Error).message}`)
    }
    try {
      const { look, unknown } = await monitoring.look({ noop: false, confirmed: undefined }, signal)
      teller.tell(tellLook(look, unknown))
    } catch (error) {
      if (!signal.aborted) throw error
    }
    if (!signal.aborted) await wait()
  }
}

/** Tells what is new in each look. */
class Teller {
  private troubles: ReadonlySet<string> = new Set()

  constructor(
    private readonly context: Pick<PartContext, 'log' | 'redact'>,
    private readonly notify: MonitoringPartOptions['notify'],
  ) {}

  tell(all: readonly ToldOfMonitoring[]): void {
    const { log, redact } = this.context
    const told = all.map((each) => ({ ...each, sentence: redact(each.sentence) }))
    const news = told.filter(({ isTrouble, sentence }) => !isTrouble || !this.troubles.has(sentence))
    for (const { isTrouble, sentence } of news)
      if (isTrouble) log.warn(sentence)
      else log.info(sentence)
    const troubles = new Set(told.filter(({ isTrouble }) => isTrouble).map(({ sentence }) => sentence))
    for (const before of this.troubles)
      if (!troubles.has(before)) log.info(`monitoring: this is over: ${before}`)
    this.troubles = troubles
    const named = news.filter(({ hosts }) => hosts.length > 0)
    if (named.length > 0) this.notify(named)
  }
}
