import type { Environment } from '../config/environment'
import type { Extensions } from '../extensions/extensions'
import { someHosts } from '../notifications/event'
import { Outbox } from '../notifications/outbox'
import { clean } from '../rollout/model/verdict'
import type { Clock } from '../system/clock'
import { makeChannels } from './notification_channels'

/** What notifications of monitoring say. */
interface News {
  sentence: string
  hosts: readonly string[]
}

/** The notifications of what `lockstep serve` finds in monitoring, over the channels of the environment. */
export class MonitoringNews {
  private readonly outbox: Outbox
  private readonly run: string
  private told = 0

  constructor(
    private readonly environment: Environment,
    private readonly clock: Clock,
    random: () => number,
    ofTeam?: Extensions['channels'],
  ) {
    this.outbox = new Outbox({ channels: makeChannels(environment, clock, ofTeam), clock, random })
    this.run = `monitoring-${new Date(clock.now()).toISOString().replace(/[-:]|\.\d+/g, '')}`
  }

  tell(news: readonly News[]): void {
    this.told += 1
    this.outbox.post({
      event: 'monitoring changed',
      run: this.run,
      number: this.told,
      time: new Date(this.clock.now()).toISOString(),
      environment: this.environment.name,
      mode: 'live',
      feature: 'monitoring',
      release: undefined,
      tickets: [],
      limit: undefined,
      wave: undefined,
      counts: {
        hosts: 0,
        answered: 0,
        diverged: 0,
        silent: 0,
        out: 0,
        restored: 0,
        notAttempted: 0,
      },
      failed: someHosts(news.flatMap(({ hosts }) => hosts)),
      outOfRotation: someHosts([]),
      outcome: undefined,
      reason: news.map(({ sentence }) => clean(sentence)).join('; '),
    })
  }

  /** Resolves with a sentence for each channel that did not take everything within the milliseconds. */
  close(withinMs: number): Promise<readonly string[]> {
    return this.outbox.close(withinMs)
  }
}
