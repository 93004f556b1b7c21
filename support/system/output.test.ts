import { spawn } from 'node:child_process'
import { openSync } from 'node:fs'
import { PassThrough } from 'node:stream'
import { expect } from 'chai'
import { divertOutput, outliveOutputs, writeNow } from './output'

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

describe('an output for programs alone', () => {
  it('has nothing of what others write there', () => {
    const [stdout, stderr] = [new PassThrough(), new PassThrough()]
    divertOutput(stdout, stderr)
    stdout.write('a note of a team\n')
    expect(stdout.read()).to.equal(null)
    expect(String(stderr.read())).to.equal('a note of a team\n')
  })

  it('is written whole, however late it is read', async () => {
    const script = `process.stdout; require('./support/system/output').writeNow(1, ['a'.repeat(400000), 'b'.repeat(400000)]); process.exit(7)`
    const writer = spawn(process.execPath, ['-r', 'ts-node/register/transpile-only', '-e', script])
    let read = 0
    for await (const chunk of writer.stdout) read += (chunk as Buffer).length
    expect(read).to.equal(800_000)
  }).timeout(300_000)

  it('that cannot be written throws', () => {
    expect(() => writeNow(openSync('/dev/full', 'w'), ['a'])).to.throw('ENOSPC')
  })
})
