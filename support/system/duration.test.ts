import { expect } from 'chai'
import { formatDuration } from './duration'

describe('a duration', () => {
  for (const [ms, text] of [
    [0, '0 ms'],
    [350.4, '350 ms'],
    [999.7, '1 s'],
    [2_540, '2.5 s'],
    [59_949, '59.9 s'],
    [59_970, '1 min'],
    [119_700, '2 min'],
    [180_000, '3 min'],
    [3_599_600, '1 h'],
    [4_742_000, '1 h 19 min 2 s'],
    [7_202_000, '2 h 2 s'],
  ] as const)
    it(`of ${ms} ms is ${text}`, () => {
      expect(formatDuration(ms)).to.equal(text)
    })
})
