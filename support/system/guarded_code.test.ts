import { expect } from 'chai'
import { guardCode, type Code } from './guarded_code'

describe('guarded code', () => {
  const guarded = (code: Code, more: { limit?: number; rethrows?: boolean } = {}) => {
    const heard: unknown[] = []
    const failed = (error: unknown) => {
      heard.push(error instanceof Error ? error.message : error)
      if (more.rethrows === true) throw new Error('told')
    }
    const run = guardCode(code, { limit: more.limit ?? -1, parameters: code.length, failed })
    return { run, heard }
  }

  it('returns what it returns, by itself or by a promise', async () => {
    expect(guarded(() => 7).run()).to.equal(7)
    expect(await guarded(async () => 7).run()).to.equal(7)
  })

  it('keeps its own this', () => {
    const { run } = guarded(function (this: unknown) {
      return this
    })
    expect(run.call('me')).to.equal('me')
  })

  it('hands over every failure', async () => {
    const thrown = guarded(() => {
      throw new Error('a')
    })
    expect(thrown.run()).to.equal(undefined)
    const rejected = guarded(async () => {
      throw new Error('b')
    })
    expect(await rejected.run()).to.equal(undefined)
    expect([...thrown.heard, ...rejected.heard]).to.deep.equal(['a', 'b'])
  })

  it('calls back where it throws, since nobody else will', async () => {
    const { run, heard } = guarded(
      (_callback: unknown) => {
        throw new Error('a')
      },
      { limit: 20 },
    )
    const said = await new Promise((resolve) => run((error: unknown) => resolve(error)))
    expect(said).to.equal(undefined)
    await new Promise((resolve) => setTimeout(resolve, 40))
    expect(heard).to.deep.equal(['a'])
  })

  it('fails as the one it hands over to does', async () => {
    const { run } = guarded(() => Promise.reject(new Error('a')), { rethrows: true })
    expect(await (run() as Promise<unknown>).catch((error: Error) => error.message)).to.equal('told')
  })

  it('fails when it takes too long', async () => {
    const { run, heard } = guarded(() => new Promise(() => {}), { limit: 5 })
    await run()
    expect(heard).to.deep.equal(['it took longer than the 5 ms that it may take'])
  })

  it('calls back once, with the failure', async () => {
    const calls: unknown[] = []
    const callback = (error: unknown) => calls.push(error instanceof Error ? error.message : error)
    const twice = guarded(
      (_pickle: unknown, done: unknown) => {
        ;(done as (error?: unknown) => void)('boom')
        ;(done as (error?: unknown) => void)()
      },
      { rethrows: true },
    )
    twice.run({}, callback)
    const never = guarded((_pickle: unknown, _done: unknown) => {}, { limit: 5, rethrows: true })
    await new Promise<void>((resolve) => never.run({}, (error: unknown) => (callback(error), resolve())))
    expect(calls).to.deep.equal(['told', 'told'])
    expect([...twice.heard, ...never.heard]).to.deep.equal([
      'boom',
      'it took longer than the 5 ms that it may take',
    ])
  })
})
