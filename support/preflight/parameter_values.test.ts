import { expect } from 'chai'
import { LockstepError } from '../system/errors'
import { parameterValues } from './parameter_values'
import { validators } from './validation'

describe('the value of a step’s argument', () => {
  it('is what its type makes of the words', () => {
    expect(parameterValues.package('mywebapp')).to.equal('mywebapp')
    expect(parameterValues.count('12')).to.equal(12)
    expect(parameterValues.duration('2 minutes')).to.equal(120_000)
    expect(parameterValues.fact('country = de')).to.deep.equal({
      fact: 'country',
      operator: '==',
      value: 'de',
    })
    expect(parameterValues.days('weekends')).to.deep.equal({ written: 'weekends', days: new Set([0, 6]) })
  })

  it('is refused where it means nothing, and never becomes one that was not written', () => {
    const values = Object.entries<(written: string) => unknown>(parameterValues)
    for (const [name, value] of values.filter(([name]) => name !== 'file'))
      expect(() => value('\u0000 no such thing'), name)
        .to.throw(LockstepError)
        .with.property('code', 'bad-feature')
  })

  it('is repeated in no fault where it may be a password', () => {
    for (const [url, says] of [
      ['https://lockstep:a-secret@www.example.net:99999/', 'this is no address'],
      ['ftp://lockstep:a-secret@www.example.net/', 'this is no address'],
      ['https://lockstep:a-secret@www.example.net/', 'has a user or a password'],
    ] as const)
      expect(validators['url']?.(url)).to.contain(says).and.not.contain('a-secret')
    expect(validators['url']?.('ftp://www.example.net/')).to.contain('"ftp://www.example.net/" is no address')
  })

  it('is known of every type that is validated', () => {
    expect(Object.keys(parameterValues)).to.include.members(Object.keys(validators))
  })
})
