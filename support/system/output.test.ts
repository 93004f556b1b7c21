import { PassThrough } from 'node:stream'
import { expect } from 'chai'
import { outliveOutputs } from './output'

describe('an output', () => {
  const fault = (code: string) => Object.assign(new Error(`${code}: it failed`), { code })

  function outputs() {
    const [stdout, stderr] = [new PassThrough(), new PassThrough()]
    let unwritten = 0
    outliveOutputs(stdout, stderr, () => (unwritten += 1))
    return { stdout, stderr, unwritten: () => unwritten, said: () => String(stderr.read() ?? '') }
  }

  for (const code of ['EPIPE', 'EIO'])
    it(`whose reader has gone (${code}) is not missed`, () => {
      const { stdout, said, unwritten } = outputs()
      stdout.emit('error', fault(code))
      expect(said()).to.equal('')
      expect(unwritten()).to.equal(0)
    })

  it('that cannot be written is told of once, in a sentence', () => {
    const { stdout, said, unwritten } = outputs()
    for (const _ of ['once', 'again']) stdout.emit('error', fault('ENOSPC'))
    expect(said()).to.equal(
      'lockstep: the standard output cannot be written: the disk is full; going on without it\n',
    )
    expect(unwritten()).to.equal(1)
  })

  it('that cannot be written either ends nothing', () => {
    const { stdout, stderr } = outputs()
    stderr.emit('error', fault('ENOSPC'))
    stdout.emit('error', fault('ENOSPC'))
  })
})
