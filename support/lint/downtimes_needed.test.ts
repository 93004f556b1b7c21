import { expect } from 'chai'
import { featureOf } from '../testing/feature_lines'
import { findDowntime } from './downtimes_needed'

describe('The monitoring that a feature needs', () => {
  it('is found by its first line about a downtime', () => {
    const text =
      'When I update the package a\nAnd I end the downtime\nThen the hosts should not be in downtime'
    expect(findDowntime(featureOf(text))).to.deep.include({ line: 2, text: 'I end the downtime' })
    expect(findDowntime(featureOf('Then the hosts should be in downtime'))?.line).to.equal(1)
  })

  it('is none where no line is about a downtime', () => {
    expect(findDowntime(featureOf('When I disable puppet'))).to.equal(undefined)
  })
})
