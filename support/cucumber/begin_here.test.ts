import { expect } from 'chai'
import type { Ended } from '../run/again'
import { begin } from './begin_here'

const again = (signal: AbortSignal) =>
  ({ profile: 'default', purpose: { why: 'idempotence' }, signal }) as const
const cwd = process.cwd()

describe('a run within another one', () => {
  it('has no result where it breaks off with an error, whose words are told', async () => {
    const read: Ended[] = []
    await begin(again(new AbortController().signal), (ended) => void read.push(ended), {
      cwd,
      run: async (_own, paper) => {
        paper.write('it was at the third line\n')
        throw new Error('too many open files')
      },
    })
    const said = 'it was at the third line; too many open files'
    expect(read).to.deep.equal([{ exitCode: undefined, plan: undefined, truth: undefined, said }])
  })

  it('fails with what its reader finds wrong', async () => {
    const course = { cwd, run: async () => {} }
    const wrong = () => Promise.reject(new Error('another plan'))
    const failure = await begin(again(new AbortController().signal), wrong, course).catch(String)
    expect(failure).to.equal('Error: another plan')
  })

  it('is not begun where the operator has already asked to stop', async () => {
    let hasBegun = false
    const run = async () => void (hasBegun = true)
    const failure = await begin(again(AbortSignal.abort()), () => {}, { cwd, run }).catch(String)
    expect(failure).to.include('the operator asked to stop')
    expect(hasBegun).to.equal(false)
  })
})
