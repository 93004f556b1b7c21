import { expect } from 'chai'
import { PROFILE_NAMES } from '../run/modes'
import { faultOfCommandLine, optionValues } from './command_line'

describe('the command line', () => {
  const faultOf = (...args: string[]) => faultOfCommandLine(args, [...PROFILE_NAMES, 'smoke'])

  it('may choose a profile, Lockstep’s or the team’s', () => {
    expect(faultOf('-p', 'default')).to.equal(undefined)
    expect(faultOf('--profile=smoke', '-plint')).to.equal(undefined)
  })

  const wrong: [readonly string[], string][] = [
    [['-p', 'deploy'], 'there is no profile "deploy"; the closest one is live'],
    [['--profile='], 'there is no profile ""'],
    [['-p'], 'there is no profile ""'],
    [['-p', 'idempotence'], 'stands beside another one'],
    [['--parallel=2'], 'leave out --parallel'],
    [['--retry', '1'], 'leave out --retry'],
    [['-p', 'live'], 'the profile live names its feature'],
    [['features/none.feature'], 'there is no such file: features/none.feature'],
  ]
  for (const [args, said] of wrong)
    it(`is refused with ${args.join(' ')}`, () => expect(faultOf(...args)).to.contain(said))

  it('has values of an option that may be written in several ways', () => {
    const args = ['-p', 'a', '--profile', 'b', '--profile=c', '-pd', '--paralell', '-p=e']
    expect(optionValues(args, 'profile', 'p')).to.deep.equal(['a', 'b', 'c', 'd', 'e'])
  })
})
