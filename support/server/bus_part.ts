import { join } from 'node:path'
import type { OutboxParts } from '../pipeline/outbox'
import { waitForPlace } from '../pipeline/place_file'
import { Publisher } from '../bus/publisher'
import { busFolderIn, openSigningKey } from '../bus/signing_key'
import type { BusBroker } from '../config/bus_broker'
import type { Part } from './part'
import { tellEvents } from './tell_events'

/**
 * Publishes what is recorded, over the broker of a fleet. What was not confirmed is read again from the journals. Nothing
 * waits for the broker but this part.
 */
export function busPart(broker: BusBroker): Part {
  return {
    name: 'bus',
    async run(context) {
      const { state, pipeline, clock, log, redact, signal } = context
      const key = openSigningKey(state)
      const path = join(busFolderIn(state), 'confirmed.json')
      log.info({ key: key.id, messages: broker.messages, sentences: broker.sentences }, 'the bus')
      let said: string | undefined
      const onTrouble = (sentence: string) => {
        if (sentence !== said) log.warn(`the bus: ${redact(sentence)}`)
        said = sentence
      }
      const from = await waitForPlace(path, () => pipeline.end, onTrouble, { clock, signal })
      if (from === undefined) return
      const publisher = new Publisher({
        broker,
        key,
        state: pipeline.state,
        clock,
        random: Math.random,
        redact,
        onTrouble,
        onRestored: () => {
          said = undefined
          log.info('the bus: its broker is back')
        },
      })
      const publish: OutboxParts['publish'] = async (event, until) => {
        pipeline.expectOwned()
        await publisher.publish(event, until)
        said = undefined
      }
      try {
        await Promise.all([publisher.open(signal), tellEvents(context, { path, from, publish, onTrouble })])
      } finally {
        await publisher.close()
      }
    },
  }
}
