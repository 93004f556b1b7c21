import { expect } from 'chai'
import { checkEach } from './check_each'
import type { Checked, FileToCheck } from './checker'

const TIMES = { togetherMs: 60_000, aloneMs: 60_000 }
const files = Array.from({ length: 120 }, (_, n): FileToCheck => {
  const name = String(n)
  return { name, path: `${name}.txt`, commit: '', kind: 'file', blob: '' }
})

describe('the check of many files', () => {
  let asked: number[]
  beforeEach(() => {
    asked = []
  })
  /** A process that answers after each batch of 50, and that ends where a faulty file is in the batch. */
  const checkerThatEndsAt = (...faulty: string[]) => ({
    check: (some: readonly FileToCheck[]): Promise<Checked> => {
      asked.push(some.length)
      const at = some.findIndex(({ name }) => faulty.includes(name))
      const until = at === -1 ? some.length : Math.floor(at / 50) * 50
      const remarks = new Map(some.slice(0, until).map(({ name }) => [name, []]))
      return Promise.resolve({ remarks, ...(at === -1 ? {} : { failure: 'it was killed' }) })
    },
  })
  const check = (faulty: readonly string[], signal = new AbortController().signal) =>
    checkEach(checkerThatEndsAt(...faulty), files, { folder: '', signal }, TIMES)

  it('blames the file that ended it, and no file that was read with it', async () => {
    const { remarks, atFault, failure } = await check(['77'])
    expect([...atFault]).to.deep.equal([['77', 'it was killed']])
    expect(remarks.size).to.equal(119)
    expect(failure).to.equal(undefined)
  })

  it('looks for three such files, and leaves the others unanswered', async () => {
    const { remarks, atFault } = await check(['1', '3', '5', '7'])
    expect([...atFault.keys()]).to.deep.equal(['1', '3', '5'])
    expect(remarks.has('7')).to.equal(false)
  })

  it('asks once where all is answered, and not again once its time is over', async () => {
    expect((await check([])).remarks.size).to.equal(120)
    const { atFault, failure } = await check(['1'], AbortSignal.abort())
    expect([atFault.size, failure]).to.deep.equal([0, 'it was killed'])
    expect(asked).to.deep.equal([120, 120])
  })
})
