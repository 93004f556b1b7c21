import { expect } from 'chai'
import fc from 'fast-check'
import { orderLastFirst } from './last_first'

const opened = (...words: string[]) =>
  words.map((word) => {
    const [host = '', obligation = ''] = word.split(' ')
    return { host, obligation }
  })
const partsOf = (list: ReturnType<typeof opened>) =>
  orderLastFirst(list).map(
    ({ obligation, items }) => `${obligation}: ${items.map(({ host }) => host).join()}`,
  )

describe('the order in which obligations are undone', () => {
  it('is that in which they were opened, backwards', () => {
    expect(partsOf(opened('a mute', 'b mute', 'a block', 'b block'))).to.deep.equal([
      'block: a,b',
      'mute: a,b',
    ])
    expect(partsOf(opened('a block', 'b block', 'a mute', 'b mute'))).to.deep.equal([
      'mute: a,b',
      'block: a,b',
    ])
  })

  it('waits with an obligation until all of its hosts are there', () => {
    expect(partsOf(opened('a mute', 'b mute', 'b block'))).to.deep.equal(['block: b', 'mute: a,b'])
  })

  it('goes by each host where hosts differ', () => {
    expect(partsOf(opened('a mute', 'a block', 'b block', 'b mute'))).to.have.deep.members([
      'mute: b',
      'block: a,b',
      'mute: a',
    ])
  })

  it('undoes each once, and none before a newer one of its host', () => {
    const word = fc.record({
      host: fc.constantFrom('a', 'b', 'c'),
      obligation: fc.constantFrom('x', 'y', 'z'),
    })
    fc.assert(
      fc.property(
        fc.uniqueArray(word, { selector: ({ host, obligation }) => `${host} ${obligation}` }),
        (list) => {
          const undone = orderLastFirst(list).flatMap(({ items }) => items)
          expect(undone).to.have.lengthOf(list.length)
          for (const host of ['a', 'b', 'c']) {
            const of = (items: typeof list) => items.filter((item) => item.host === host)
            expect(of(undone)).to.deep.equal(of(list).reverse())
          }
        },
      ),
    )
  })
})
