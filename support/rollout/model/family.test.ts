import { expect } from 'chai'
import { familyOf, linksOf } from './family'
import type { RunEntries } from './out_of_rotation'

describe('runs that go on from others', () => {
  const record = (run: string, more: { resumes?: string; follows?: readonly string[] } = {}): RunEntries => ({
    run,
    entries: [
      {
        type: 'run',
        at: '',
        feature: 'x.feature',
        hash: '',
        mode: 'live',
        environment: '',
        pid: 1,
        order: 1,
        ...more,
      },
    ],
  })
  const links = linksOf([
    record('first'),
    record('resumed', { resumes: 'first' }),
    record('recovery', { follows: ['resumed'] }),
    record('other'),
    record('put back', { follows: ['first', 'other'] }),
    record('later', { follows: ['put back'] }),
  ])

  it('belong to what they go on from, however many there are in between', () => {
    expect(familyOf(['recovery'], links)).to.have.members([
      'first',
      'resumed',
      'recovery',
      'put back',
      'later',
    ])
    expect(familyOf(['first'], links)).to.have.members(familyOf(['recovery'], links))
  })

  it('make no family of two runs that one has cleared up after', () => {
    expect(familyOf(['other'], links)).to.have.members(['other', 'put back', 'later'])
    expect(familyOf(['first'], links)).not.to.include('other')
  })

  it('are themselves even where nothing is known of them', () => {
    expect(familyOf(['unheard of'], links)).to.deep.equal(['unheard of'])
  })

  it('may go round in a circle in a journal that was edited', () => {
    const round = linksOf([record('a', { resumes: 'b' }), record('b', { resumes: 'a' })])
    expect(familyOf(['a'], round)).to.have.members(['a', 'b'])
  })
})
