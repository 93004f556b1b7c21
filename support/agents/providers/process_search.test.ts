import { spawn, type ChildProcess } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { runCommand } from '../../system/command'
import { untilGone } from '../../testing/until_gone'
import { findAlive, findProcess } from './process_search'

describe('the processes of a host', () => {
  const started: ChildProcess[] = []
  const start = async (...args: string[]) => {
    const child = spawn('sh', ['-c', 'sleep 600; :', ...args], { stdio: 'ignore', detached: true })
    started.push(child)
    const isShell = () => readFileSync(`/proc/${child.pid}/cmdline`, 'utf8').startsWith('sh\0')
    while (!isShell()) await new Promise(setImmediate)
    return child
  }
  const end = ({ pid = 0 }: ChildProcess) => {
    try {
      process.kill(-pid, 'SIGKILL')
    } catch {
      // It has ended already.
    }
  }
  afterEach(() => started.splice(0).forEach(end))

  it('are found by arguments that stand one after the other, also odd ones', async () => {
    const id = `it's "$(id)" \n ${process.pid}`
    await start('agent', '--job-id', id, 'end')
    const find = (...args: string[]) => findProcess(runCommand, args)
    expect(await find('--job-id', id)).to.equal(true)
    expect(await find('agent', '--job-id', id)).to.equal(true)
    expect(await find('--job', id)).to.equal(false)
    expect(await find('agent', id)).to.equal(false)
    expect(await find('--job-id', id.slice(0, -1))).to.equal(false)
  })

  it('are never those that look for them', async () => {
    const find = () => findProcess(runCommand, ['--job-id', `nobody-has-${process.pid}`])
    expect(await Promise.all([find(), find(), find()])).to.deep.equal([false, false, false])
    expect(await findProcess(runCommand, [`nobody-is-${process.pid}`])).to.equal(false)
  })

  it('are alive until they have ended', async () => {
    const { pid = 0 } = await start()
    expect([...(await findAlive(runCommand, [pid, process.pid, 4_194_304, 1]))]).to.deep.equal([
      pid,
      process.pid,
      1,
    ])
    process.kill(-pid, 'SIGKILL')
    await untilGone(String(pid))
    expect([...(await findAlive(runCommand, [pid]))]).to.deep.equal([])
    expect([...(await findAlive(runCommand, []))]).to.deep.equal([])
  })
})
