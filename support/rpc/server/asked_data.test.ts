import { expect } from 'chai'
import { judgeWithData } from './asked_data'

describe('a judgement by data that is asked for', () => {
  it('asks for each once, those that it needs together at once, and goes by the answers', async () => {
    const asked: string[] = []
    const lookup = async (name: string, argument: string) => {
      asked.push(`${name} ${argument}`)
      return argument === 'none' ? undefined : { size: argument.length }
    }
    const judged = await judgeWithData(lookup, (data) => {
      const [first, second] = [data('fstat', 'ab', 'size'), data('fstat', 'none', 'size')]
      return first === 2 ? [first, second, data('fact', 'abc', 'size'), data('fstat', 'ab', '__proto__')] : []
    })
    expect(judged).to.deep.equal([2, undefined, 3, undefined])
    expect(asked).to.deep.equal(['fstat ab', 'fstat none', 'fact abc'])
  })

  it('asks for nothing that is not needed', async () => {
    const lookup = async () => expect.fail('it was asked')
    expect(await judgeWithData(lookup, () => 'judged')).to.equal('judged')
  })

  it('fails where the data cannot be had', async () => {
    const lookup = async () => Promise.reject(new Error('the host is away'))
    const judged = await judgeWithData(lookup, (data) => data('a', 'b', 'c')).catch(String)
    expect(judged).to.equal('Error: the host is away')
  })
})
