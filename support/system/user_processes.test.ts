import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { systemClock, pause } from './clock'
import { processesOf } from './user_processes'

/** The number of the system call that ends the first thread alone. */
const EXIT = process.arch === 'x64' ? 60 : 93
/** Goes on in a second thread, so that the process is shown as one that has ended. */
const THREAD_THAT_STAYS = `use threads; $| = 1; print "ready\\n";
threads->create(sub { sleep 60 })->detach; syscall(${EXIT}, 0)`
/** Never asks how its child ended. A shell may have asked before it becomes another program. */
const CHILD_NOT_ASKED_FOR = `$| = 1; if (fork) { print "ready\n"; sleep 60 }`

describe('the processes of a user', () => {
  let child: ChildProcess | undefined
  afterEach(async () => {
    if (child === undefined || child.signalCode !== null) return
    child.kill('SIGKILL')
    await once(child, 'exit')
  })

  async function start(program: string, args: readonly string[]): Promise<number> {
    child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    if (child.stdout !== null) await once(child.stdout, 'data')
    return child.pid ?? 0
  }
  const own = () => processesOf(process.getuid?.() ?? -1)

  it('have one among them whose first thread has ended, and whose others go on', async () => {
    const pid = await start('perl', ['-e', THREAD_THAT_STAYS])
    const isShownAsEnded = () => /^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'latin1'))
    while (!isShownAsEnded()) await pause(systemClock, 20, new AbortController().signal)
    expect(own()).to.include(pid)
  })

  it('have none among them that has ended, though its parent has not asked for it', async () => {
    const parent = await start('perl', ['-e', CHILD_NOT_ASKED_FOR])
    const [ended] = readFileSync(`/proc/${parent}/task/${parent}/children`, 'utf8')
      .trim()
      .split(' ')
      .map(Number)
    while (!/^State:\s+Z/m.test(readFileSync(`/proc/${ended}/status`, 'latin1')))
      await pause(systemClock, 20, new AbortController().signal)
    expect(own()).to.include(parent).and.not.to.include(ended)
  })
})
