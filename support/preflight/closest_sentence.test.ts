import { expect } from 'chai'
import { ClosestSentence } from './closest_sentence'

const NONE = '; lockstep steps lists the known ones'

describe('the sentence that is proposed for an unknown step', () => {
  const propose = (closest: ClosestSentence, text: string) => closest.propose(text, 'lockstep steps')

  it('is the closest one, whatever its values are', () => {
    const closest = new ClosestSentence(['I restart the service {service}', 'I enable puppet'])
    expect(propose(closest, 'I restrat the  service mywebapp')).to.equal(
      '; the closest known one is: I restart the service {service}',
    )
    expect(propose(closest, 'Rain')).to.equal(NONE)
  })

  it('is none for a text that is long, and for more than 200 texts', () => {
    const closest = new ClosestSentence(['I enable puppet'])
    expect(propose(closest, `I enable puppet${' '.repeat(300)}`)).to.equal(NONE)
    const all = Array.from({ length: 201 }, (_, n) => propose(closest, `I enable pupet${n % 10}`))
    expect(all.indexOf(NONE)).to.equal(200)
  })
})
