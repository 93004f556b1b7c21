import { documentOfReport } from '../bus/build_report'
import { seal } from '../bus/sealed'
import type { SigningKey } from '../bus/signing_key'
import type { RunnerSettings } from '../config/runner_setting'
import { StompConnection } from '../connectors/stomp/connection'
import { asHost } from '../connectors/stomp/delays'
import type { RunnerReport } from '../pipeline/runner_report'
import type { Clock } from '../system/clock'
import type { Redact } from '../system/redaction'
import type { ReportSink } from './ports'

export interface ReportLineOptions extends Pick<
  RunnerSettings,
  'brokers' | 'virtualHost' | 'connectWithin' | 'heartBeat' | 'queues'
> {
  key: SigningKey
  clock: Clock
  random: () => number
  redact: Redact
  onTrouble(sentence: string): void
}

/** Publishes reports, signed, over a connection that is subscribed to nothing. */
export class ReportLine implements ReportSink {
  private readonly connection: StompConnection

  constructor(private readonly options: ReportLineOptions) {
    this.connection = new StompConnection({
      ...options,
      reconnecting: asHost,
      subscriptions: () => [],
      onMessage: () => {},
      onLost: (reason) => options.onTrouble(reason.message),
      onRestored: () => options.onTrouble('the connection to the broker is back'),
    })
  }

  /** Resolves once there is a broker, or when the signal is aborted. */
  open(signal: AbortSignal): Promise<void> {
    return this.connection.openAtLast(signal, this.options.onTrouble)
  }

  publish(report: RunnerReport, signal: AbortSignal): Promise<void> {
    const { key, queues, clock } = this.options
    return this.connection.publish([seal(key, queues.results, documentOfReport(report, clock.now()))], signal)
  }

  close(): Promise<void> {
    return this.connection.close()
  }
}
