import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { Scratch } from '../testing/scratch'
import { untilGone } from '../testing/until_gone'
import { endAllWith, isRunningWith, runCommand } from './command'

const sh = (script: string, limits: Parameters<typeof runCommand>[2] = {}) =>
  runCommand('/bin/sh', ['-c', script], limits)

/** Returns whether a process runs. A process that has ended and that no parent has waited for yet counts as ended. */
function isRunning(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) [ZX] /s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}

describe('a program that is run', () => {
  it('makes its files with the umask that it is given, and leaves that of this process alone', async () => {
    const before = process.umask(0o077)
    try {
      expect((await sh('umask', { umask: 0o022 })).stdout).to.equal('0022')
      expect((await sh('umask')).stdout).to.equal('0077')
      expect(process.umask()).to.equal(0o077)
    } finally {
      process.umask(before)
    }
  })

  for (const outlives of [false, true]) {
    const kind = outlives ? 'and may outlive this process' : 'for as long as this process runs'

    it(`${kind} tells its exit status and what it printed`, async () => {
      expect(await sh('echo out; echo err >&2; exit 3', { outlives })).to.deep.equal({
        exitCode: 3,
        stdout: 'out',
        output: 'out\nerr',
        failure: undefined,
      })
    })

    it(`${kind} is ended with all that it started when its time is over`, async () => {
      const scratch = new Scratch()
      const begun = join(scratch.path, 'begun')
      const started = () => (existsSync(begun) ? readFileSync(begun, 'utf8') : '').split('\n').filter(Boolean)
      const program = `sleep 600 & echo $! >> ${begun}; wait`
      const ended = await sh(program, { outlives, within: 100 })
      expect(ended.failure).to.equal('it took longer than 0.1 s and was ended')
      const before = started().length
      const over = new AbortController()
      const asked = sh(program, { outlives, signal: over.signal })
      while (started().length === before) await new Promise((resolve) => setTimeout(resolve, 5))
      over.abort()
      expect((await asked).failure).to.equal('its time was over and it was ended')
      for (const pid of started()) await untilGone(pid)
      scratch.remove()
    })
  }

  it('is not even started when its time is over before', async () => {
    expect((await sh('echo hello', { signal: AbortSignal.abort() })).failure).to.match(/its time was over/)
  })

  it('is ended when its time is over while it is being started', async () => {
    const over = new AbortController()
    const asked = sh('sleep 20', { signal: over.signal })
    over.abort()
    expect((await asked).failure).to.equal('its time was over and it was ended')
  })

  it('is not taken for whole when it prints more than it may, with any exit status', async () => {
    const { exitCode, failure } = await sh('echo 0123456789; exit 0', { outputAtMost: 5 })
    expect({ exitCode, failure }).to.deep.equal({
      exitCode: undefined,
      failure: 'it printed more than 5 bytes and was ended',
    })
  })

  it('tells by which signal it was ended', async () => {
    const { exitCode, failure } = await sh('kill -KILL $$')
    expect({ exitCode, failure }).to.deep.equal({
      exitCode: undefined,
      failure: 'it was ended by SIGKILL',
    })
  })

  it('hands on what it prints, without a limit and without keeping it', async () => {
    let bytes = 0
    const onOutput = (piece: Buffer) => void (bytes += piece.length)
    const { exitCode, output } = await sh('yes | head -c 300000; echo err >&2', { onOutput, outputAtMost: 5 })
    expect({ exitCode, output, bytes }).to.deep.equal({ exitCode: 0, output: '', bytes: 300_004 })
  })

  it('can be found by a variable after its starter is gone', async () => {
    const mark = `MARK_OF_A_TEST=${process.pid}`
    const { stdout } = await sh('setsid -f sh -c "echo \\$\\$; exec sleep 600"', {
      env: { MARK_OF_A_TEST: String(process.pid) },
    })
    expect(isRunning(Number(stdout))).to.equal(true)
    expect(isRunningWith(mark)).to.equal(true)
    endAllWith(mark)
    await untilGone(stdout)
    expect(isRunningWith(mark)).to.equal(false)
  })

  it('is not taken for the process of another user, who has the same variable', async function () {
    if (process.getuid?.() !== 0) this.skip()
    const mark = `MARK_OF_A_TEST=other-${process.pid}`
    const { stdout } = await sh('setsid -f setpriv --reuid 65534 sh -c "echo \\$\\$; exec sleep 600"', {
      env: { MARK_OF_A_TEST: `other-${process.pid}` },
    })
    try {
      expect(isRunning(Number(stdout))).to.equal(true)
      expect(isRunningWith(mark)).to.equal(false)
    } finally {
      process.kill(Number(stdout), 'SIGKILL')
    }
    await untilGone(stdout)
  })

  it('is ended with all that it started when it prints without end', async () => {
    const scratch = new Scratch()
    const pids = join(scratch.path, 'pids')
    const { failure, stdout } = await sh(`sleep 600 & echo $! > ${pids}; yes`, { outputAtMost: 1_000_000 })
    expect(failure).to.equal('it printed more than 1000000 bytes and was ended')
    expect(stdout.length).to.be.at.most(1_000_000)
    expect(isRunning(Number(readFileSync(pids, 'utf8')))).to.equal(false)
    scratch.remove()
  })

  it('leaves nothing of its session behind where that is wanted, whichever group it is in', async () => {
    const scratch = new Scratch()
    const pids = join(scratch.path, 'pids')
    const script = `set -m; sleep 600 & echo $! > ${pids}; echo done`
    const { exitCode, stdout } = await runCommand('/bin/bash', ['-c', script], { leavesNothing: true })
    expect({ exitCode, stdout }).to.deep.equal({ exitCode: 0, stdout: 'done' })
    expect(isRunning(Number(readFileSync(pids, 'utf8')))).to.equal(false)
    scratch.remove()
  })

  it('leaves nothing behind in other sessions either, with what they set of their own', async () => {
    const scratch = new Scratch()
    const pids = join(scratch.path, 'pids')
    const script = `for i in 1 2 3; do setsid -f sh -c 'echo $$ >> ${pids}; exec env A=b sleep 600'; done
      while [ "$(wc -l < ${pids})" -lt 3 ]; do :; done; echo done`
    const { stdout } = await runCommand('/bin/bash', ['-c', script], { leavesNothing: true })
    expect(stdout).to.contain('done')
    const all = readFileSync(pids, 'utf8').trim().split('\n').map(Number)
    expect(all).to.have.length(3)
    expect(all.filter(isRunning)).to.deep.equal([])
    scratch.remove()
  })

  it('inherits what it may, and no more', async () => {
    const { stdout } = await sh('echo "$HOME|$PATH|$MINE"', {
      inherits: (name) => name === 'PATH',
      env: { MINE: 'own' },
    })
    expect(stdout).to.equal(`|${process.env['PATH']}|own`)
    expect((await sh('echo "$PATH|"', { env: { PATH: undefined } })).stdout).not.to.contain(
      String(process.env['PATH']),
    )
  })

  it('gets no locale but C, and what it is given', async () => {
    expect((await sh('echo $LC_ALL $MINE', { env: { MINE: 'own' } })).stdout).to.equal('C own')
  })

  it('leaves no file of its output behind', async () => {
    const before = readdirSync(tmpdir()).filter((name) => name.startsWith('lockstep-output-'))
    await sh('echo hello', { outlives: true })
    const after = readdirSync(tmpdir()).filter((name) => name.startsWith('lockstep-output-'))
    expect(after.length).to.be.at.most(before.length)
  })
})
