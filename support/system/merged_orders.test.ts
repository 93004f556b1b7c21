import { expect } from 'chai'
import fc from 'fast-check'
import { mergeOrders } from './merged_orders'

describe('orders that are merged', () => {
  it('have each name where its own list has it', () => {
    expect(
      mergeOrders([
        ['d', 'b', 'a'],
        ['c', 'b'],
      ]),
    ).to.deep.equal(['d', 'c', 'b', 'a'])
    expect(mergeOrders([['b'], ['b', 'a']])).to.deep.equal(['b', 'a'])
    expect(mergeOrders([])).to.deep.equal([])
  })

  it('keep the order of every list where all are parts of one', () => {
    const whole = Array.from({ length: 12 }, (_, n) => `v${n}`)
    fc.assert(
      fc.property(fc.array(fc.subarray(whole)), (lists) => {
        const merged = mergeOrders([whole, ...lists])
        expect(merged).to.deep.equal(whole)
        const parts = mergeOrders(lists)
        expect([...parts].sort()).to.deep.equal([...new Set(lists.flat())].sort())
      }),
    )
  })
})
