import { expect } from 'chai'
import { LockstepError } from './errors'

describe('an error for a person', () => {
  const named = (hosts: number) => `noted: ${'web.example.net, '.repeat(hosts)}answered late`

  it('has its message for a stack, which names no code', () =>
    expect(new LockstepError('diverged', named(3)).stack).to.equal(named(3)))

  it('has no stack where it names thousands of hosts, since cucumber would search it for minutes', () => {
    const { message, stack } = new LockstepError('diverged', named(5_000))
    expect([message, stack]).to.deep.equal([named(5_000), ''])
  })
})
