import { expect } from 'chai'
import { whyNotBy } from './plan_page'

describe('the person who approves a plan of the pipeline', () => {
  const why = (name: string) =>
    whyNotBy(
      { environment: 'test', askedBy: ['anna (console)', 'root'] },
      { person: { name, groups: [] }, may: () => true },
      () => 'another person',
    )

  it('is not the one who asked for it, in capitals neither', () => {
    expect(why('anna')).to.match(/wants another person/)
    expect(why('ANNA')).to.match(/wants another person/)
    expect(why('bert')).to.equal(undefined)
  })
})
