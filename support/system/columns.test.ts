import { expect } from 'chai'
import fc from 'fast-check'
import { columnsOf, cutColumns, padColumns } from './columns'

describe('columns of a terminal', () => {
  const known: [string, number][] = [
    ['web1', 4],
    ['東京', 4],
    ['e\u0301', 1],
    ['👩‍🚀', 2],
    ['\u200Bx', 1],
    ['\u001B[31mred\u001B[39m', 3],
    ['✔', 1],
  ]
  for (const [text, columns] of known)
    it(`are ${columns} for ${JSON.stringify(text)}`, () => expect(columnsOf(text)).to.equal(columns))

  it('are filled up with spaces', () => {
    expect(padColumns('東京', 6)).to.equal('東京  ')
    expect(padColumns('東京', 3)).to.equal('東京')
  })

  it('are never more than were asked for, and no character is cut in two', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.nat(20), (text, columns) => {
        const kept = cutColumns(text, columns)
        expect(text.startsWith(kept)).to.equal(true)
        expect(
          [...new Intl.Segmenter().segment(kept)].reduce((n, { segment }) => n + columnsOf(segment), 0),
        ).to.be.at.most(columns)
      }),
    )
  })
})
