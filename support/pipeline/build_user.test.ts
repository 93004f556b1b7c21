import { expect } from 'chai'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { CommandRunner } from '../system/command'
import { processesOf } from '../system/user_processes'
import { failure } from '../testing/failure'
import { FakeClock } from '../testing/fake_clock'
import { lookUpAccount } from './build_user'
import { proveBuildUser } from './prove_build_user'

function listing(line: string, exitCode = 0): CommandRunner {
  return async (program) => {
    if (program !== 'getent') throw new Error(`${program} was run`)
    return { exitCode, stdout: line, output: line, failure: undefined }
  }
}

describe('the user that builds run as', () => {
  it('is one of the machine, with a home', async () => {
    const line = 'builder:x:997:996:Builds:/home/builder:/usr/sbin/nologin'
    const account = { name: 'builder', uid: 997, gid: 996, home: '/home/builder', shell: '/usr/sbin/nologin' }
    expect(await lookUpAccount('builder', listing(line))).to.deep.equal(account)
  })

  for (const [what, line, exitCode, why] of [
    [
      'is not there',
      '',
      2,
      /this machine has no user builder; say: useradd --system --create-home --shell \S+ builder$/,
    ],
    ['is another one', 'other:x:997:996::/home/other:', 0, /has no user builder/],
    ['has ids that are none', 'builder:x:-1:996::/home/builder:', 0, /has no user builder/],
    ['is root by another name', 'builder:x:0:0::/root:/bin/sh', 0, /the user builder is root/],
    ['has no home', 'builder:x:997:996::/:', 0, /has no home for its builds/],
  ] as const)
    it(`is refused where it ${what}`, async () => {
      const { code, message } = await failure(lookUpAccount('builder', listing(line, exitCode)))
      expect(code).to.equal('bad-config')
      expect(message).to.match(why)
    })

  for (const shell of ['/bin/sh', ''])
    it(`is refused, and nothing is run, where somebody can log in as it: its shell is ${shell || 'not said'}`, async () => {
      const proof = proveBuildUser(
        'builder',
        { state: '/nowhere', secrets: [], others: [] },
        { run: listing(`builder:x:997:996::/home/builder:${shell}`), clock: new FakeClock(), own: 0 },
      )
      const { code, message } = await failure(proof)
      expect(code).to.equal('bad-config')
      expect(message).to.match(
        /can log in, since its shell is \/bin\/sh, .* usermod --shell \/usr\/sbin\/nologin/,
      )
    })

  it('is refused, and nothing is ended, where it is the user of lockstep serve', async () => {
    const own = 997
    const proof = proveBuildUser(
      'builder',
      { state: '/nowhere', secrets: [], others: [] },
      { run: listing(`builder:x:${own}:996::/home/builder:`), clock: new FakeClock(), own },
    )
    expect((await failure(proof)).message).to.match(
      /is the user of lockstep serve, from whom it protects nothing/,
    )
  })
})

describe('the processes of a user', () => {
  it('are found while they run, and not once they have ended', async () => {
    const child = spawn('sleep', ['600'])
    await once(child, 'spawn')
    expect(processesOf(process.getuid?.() ?? 0)).to.include(child.pid)
    child.kill('SIGKILL')
    await once(child, 'exit')
    expect(processesOf(process.getuid?.() ?? 0)).not.to.include(child.pid)
  })
})
