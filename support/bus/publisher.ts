import type { BusBroker } from '../config/bus_broker'
import { StompConnection, type OutgoingMessage } from '../connectors/stomp/connection'
import { asHost } from '../connectors/stomp/delays'
import { formatEvent } from '../pipeline/format_event'
import type { JournalEvent } from '../pipeline/event_cursor'
import type { PipelineState } from '../pipeline/pipeline_state'
import type { Clock } from '../system/clock'
import type { Redact } from '../system/redaction'
import { messageOf, withoutCredentials } from './message'
import type { SigningKey } from './signing_key'

export interface PublisherOptions {
  broker: BusBroker
  key: SigningKey
  state: PipelineState
  clock: Clock
  random: () => number
  redact: Redact
  onTrouble: (sentence: string) => void
  onRestored: () => void
}

/** Publishes events over the broker of a fleet. It is subscribed to nothing: no message can start anything here. */
export class Publisher {
  private readonly connection: StompConnection

  constructor(private readonly options: PublisherOptions) {
    this.connection = new StompConnection({
      ...options.broker,
      clock: options.clock,
      random: options.random,
      redact: options.redact,
      reconnecting: asHost,
      subscriptions: () => [],
      onMessage: () => {},
      onLost: (reason) => options.onTrouble(reason.message),
      onRestored: () => options.onRestored(),
    })
  }

  /** Resolves once there is a broker, or when the signal is aborted. */
  open(signal: AbortSignal): Promise<void> {
    return this.connection.openAtLast(signal, this.options.onTrouble)
  }

  /**
   * Publishes an event as a message and as a sentence; resolves once a broker has confirmed both.
   * @throws LockstepError when it may have only some of them
   */
  publish(event: JournalEvent, signal: AbortSignal): Promise<void> {
    const { broker, key, state, redact } = this.options
    const message = messageOf(event, state, redact)
    const signed = (destination: string, type: string, text: string): OutgoingMessage => {
      const body = Buffer.from(text)
      const headers = {
        destination,
        persistent: 'true',
        'content-type': type,
        lockstep_id: message.id,
        lockstep_event: message.event,
        lockstep_key: key.id,
        lockstep_signature: key.sign(body),
      }
      return { headers, body }
    }
    return this.connection.publish(
      [
        signed(broker.messages, 'application/json', JSON.stringify(message)),
        signed(
          broker.sentences,
          'text/plain;charset=utf-8',
          withoutCredentials(redact(formatEvent(event.event, state))),
        ),
      ],
      signal,
    )
  }

  close(): Promise<void> {
    return this.connection.close()
  }
}
