import { expect } from 'chai'
import fc from 'fast-check'
import type { RecordedPipelineEvent } from './events'
import { PipelineState } from './pipeline_state'
import { RecentIds } from './recent_ids'

const at = '2026-01-01T00:00:00.000Z'
const A = 'a'.repeat(40)
const ref = (index: number) => `refs/heads/b${index}`

function taken(delivery: string, changes: number): RecordedPipelineEvent {
  const told = Array.from({ length: changes }, (_, index) => ({ ref: ref(index), before: null, after: A }))
  return { type: 'push taken', at, delivery, repository: 'website', teller: 'hook', by: null, changes: told }
}

function passedOver(delivery: string, index: number): RecordedPipelineEvent {
  return { type: 'change passed over', at, delivery, ref: ref(index), after: A, why: 'no glob fits' }
}

describe('the state of a pipeline', () => {
  it('keeps what waits and the last of the rest, and knows every delivery again', () => {
    const pushes = fc.array(fc.record({ changes: fc.integer({ min: 0, max: 4 }), settled: fc.nat(4) }), {
      maxLength: 40,
    })
    fc.assert(
      fc.property(pushes, fc.integer({ min: 0, max: 10 }), (all, most) => {
        const state = new PipelineState(most)
        const everything = new PipelineState()
        const apply = (event: RecordedPipelineEvent) =>
          [state, everything].forEach((each) => each.apply(event))
        for (const [index, { changes, settled }] of all.entries()) {
          apply(taken(`d${index}`, changes))
          for (let each = 0; each < Math.min(settled, changes); each += 1)
            apply(passedOver(`d${index}`, each))
        }
        const isOpen = ({ changes }: { changes: readonly { state: string }[] }) =>
          changes.some(({ state: one }) => one === 'waiting')
        const [kept, whole] = [[...state.deliveries.values()], [...everything.deliveries.values()]]
        expect(kept.filter(isOpen)).to.deep.equal(whole.filter(isOpen))
        const closed = kept.filter((each) => !isOpen(each))
        expect(closed).to.deep.equal(
          whole
            .filter((each) => !isOpen(each))
            .slice(whole.filter((each) => !isOpen(each)).length - closed.length),
        )
        expect(closed.reduce((sum, { changes }) => sum + changes.length, 0)).to.be.at.most(most)
        for (const index of all.keys()) expect(state.isTaken(`d${index}`)).to.equal(true)
        expect(state.isTaken('other')).to.equal(false)
      }),
    )
  })

  it('takes no delivery anew that it has forgotten', () => {
    const state = new PipelineState(0)
    for (const event of [taken('d', 1), passedOver('d', 0)]) state.apply(event)
    state.apply(taken('d', 1))
    expect([...state.deliveries]).to.deep.equal([])
  })
})

describe('recent ids', () => {
  it('are known again for a while, and not for ever', () => {
    const ids = new RecentIds(3)
    for (let index = 0; index < 10; index += 1) ids.add(`${index}`)
    for (const index of [7, 8, 9]) expect(ids.has(`${index}`)).to.equal(true)
    expect(ids.has('0')).to.equal(false)
  })
})
