import { createHash } from 'node:crypto'
import { recordChange, type PipelineEvent, type RecordedPipelineEvent, type Teller } from './events'
import type { PipelineState } from './pipeline_state'
import type { Push } from './push'

/** A push that was told, with what makes it this one and no other. */
export interface Told {
  push: Push
  teller: Teller
  /**
   * The mark that a second telling of the same push has too, and no other push: the signed body, or the name of a spooled file.
   * Nothing in it may be open to somebody who cannot sign.
   */
  sameness: string | Buffer
}

/** The fate of a telling: the id by which it can be asked for, and whether it was told before. */
export interface Received {
  delivery: string
  isNew: boolean
}

/** The state of a pipeline and the journal behind it: an event is on disk before it counts. */
export interface PipelineLog {
  readonly state: PipelineState
  append(event: PipelineEvent): Promise<RecordedPipelineEvent>
}

/**
 * Takes pushes that are told, each once, also when two tellings of one arrive together. A telling that was taken before
 * changes nothing, and gets the id that it had.
 */
export class Receiver {
  private readonly underWay = new Map<string, Promise<unknown>>()

  constructor(private readonly log: PipelineLog) {}

  /** @throws LockstepError `journal-failed`: the push is not taken, and its teller has to come again */
  async receive({ push, teller, sameness }: Told): Promise<Received> {
    const delivery = deliveryOf(push.repository, teller, sameness)
    const before = this.underWay.get(delivery)
    if (before !== undefined) await before
    if (this.log.state.isTaken(delivery)) return { delivery, isNew: false }
    const { repository, by = null, changes } = push
    const recorded = changes.map(recordChange)
    const taken = this.log.append({
      type: 'push taken',
      delivery,
      repository,
      teller,
      by,
      changes: recorded,
    })
    this.underWay.set(delivery, taken)
    try {
      await taken
    } finally {
      this.underWay.delete(delivery)
    }
    return { delivery, isNew: true }
  }
}

function deliveryOf(repository: string, teller: Teller, sameness: string | Buffer): string {
  const digest = createHash('sha256').update(`${repository}\n${teller}\n`).update(sameness)
  return digest.digest('hex').slice(0, 32)
}
