import { expect } from 'chai'
import { UnderWay } from './under_way'

describe('changes under way', () => {
  it('are waited for, the last of them too', async () => {
    const underWay = new UnderWay()
    const told: string[] = []
    for (const id of ['a', 'b']) underWay.begin(id)
    const none = underWay.untilNone().then(() => told.push('none'))
    underWay.end('a')
    // A begin in between is waited for as well.
    underWay.begin('c')
    underWay.end('b')
    await Promise.resolve()
    expect(told).to.deep.equal([])
    underWay.end('c')
    await none
    expect(told).to.deep.equal(['none'])
  })

  it('are not waited for where there are none', () => new UnderWay().untilNone())
})
