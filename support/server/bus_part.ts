import { join } from 'node:path'
import { Outbox } from '../pipeline/outbox'
import { savePlace, waitForPlace } from '../pipeline/place_file'
import { Publisher } from '../bus/publisher'
import { busFolderIn, openSigningKey } from '../bus/signing_key'
import type { BusBroker } from '../config/bus_broker'
import { EventCursor } from '../pipeline/event_cursor'
import { pipelineJournalsIn } from '../pipeline/pipeline_journal'
import type { Part } from './part'

/**
 * Publishes what is recorded, over the broker of a fleet. What was not confirmed is read again from the journals. Nothing
 * waits for the broker but this part.
 */
export function busPart(broker: BusBroker): Part {
  return {
    name: 'bus',
    async run({ state, pipeline, clock, log, redact, signal }) {
      const key = openSigningKey(state)
      const placePath = join(busFolderIn(state), 'confirmed.json')
      log.info({ key: key.id, messages: broker.messages, sentences: broker.sentences }, 'the bus')
      let said: string | undefined
      const onTrouble = (sentence: string) => {
        if (sentence !== said) log.warn(`the bus: ${redact(sentence)}`)
        said = sentence
      }
      const from = await waitForPlace(placePath, () => pipeline.end, onTrouble, { clock, signal })
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
      const outbox = new Outbox({
        from,
        open: (place) => new EventCursor(pipelineJournalsIn(state), place, () => pipeline.end),
        async publish(event, until) {
          pipeline.expectOwned()
          await publisher.publish(event, until)
          said = undefined
        },
        save(place) {
          // The place is that of the process which has the claim.
          pipeline.expectOwned()
          savePlace(placePath, place)
        },
        clock,
        onTrouble,
      })
      const stop = pipeline.onEvent(() => outbox.wake())
      try {
        await Promise.all([publisher.open(signal), outbox.work(signal)])
      } finally {
        stop()
        await publisher.close()
      }
    },
  }
}
