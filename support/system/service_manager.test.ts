import { expect } from 'chai'
import type { Clock } from './clock'
import type { CommandResult } from './command'
import { ServiceManager } from './service_manager'

const done: CommandResult = { exitCode: 0, stdout: '', output: '', failure: undefined }

function managed(env: NodeJS.ProcessEnv, result: CommandResult = done) {
  const timers: { ms: number; callback: () => void }[] = []
  const clock: Clock = {
    now: () => 0,
    elapsed: () => 0,
    after(ms, callback) {
      const timer = { ms, callback }
      timers.push(timer)
      return () => timers.splice(timers.indexOf(timer), 1)
    },
  }
  const told: string[] = []
  const troubles: string[] = []
  const manager = new ServiceManager({
    ...ServiceManager.takenFrom(env),
    run: async (program, args, { env: given }) => {
      told.push(`${program} ${args.join(' ')} at ${given?.['NOTIFY_SOCKET']}`)
      return result
    },
    clock,
    pid: 42,
    onTrouble: (what) => troubles.push(what),
  })
  manager.start()
  /** Calls the next timer, as when the loop comes round to it. */
  const comesRound = async () => {
    timers.shift()?.callback()
    await new Promise(setImmediate)
  }
  return { manager, told, troubles, timers, comesRound }
}

describe('the state of a daemon that systemd gets', () => {
  const env = () => ({ NOTIFY_SOCKET: '/run/n', WATCHDOG_USEC: '60000000', WATCHDOG_PID: '42', PATH: '/bin' })

  it('is that it is ready, and then that it still comes round, three times in the time that is given', async () => {
    const { told, timers, comesRound } = managed(env())
    expect(timers.map(({ ms }) => ms)).to.deep.equal([20_000])
    await comesRound()
    await comesRound()
    const sign = 'systemd-notify WATCHDOG=1 at /run/n'
    expect(told).to.deep.equal(['systemd-notify --ready at /run/n', sign, sign])
  })

  it('is nothing more once the loop does not come round, or the daemon was stopped', async () => {
    const { manager, told, timers, comesRound } = managed(env())
    expect(told).to.have.length(1)
    const late = comesRound()
    manager.stop()
    await late
    expect(timers).to.deep.equal([])
  })

  it('is nothing where systemd does not listen, and no sign of life where it watches another process', () => {
    expect(managed({}).told).to.deep.equal([])
    expect(managed({ ...env(), WATCHDOG_PID: '41' }).timers).to.deep.equal([])
    expect(managed({ NOTIFY_SOCKET: '/run/n', WATCHDOG_USEC: 'x' }).timers).to.deep.equal([])
  })

  it('is left to this process: nothing that it starts has the variables', () => {
    const given: NodeJS.ProcessEnv = env()
    ServiceManager.takenFrom(given)
    expect(given).to.deep.equal({ PATH: '/bin' })
  })

  it('is noted where it cannot be sent, and sent again', async () => {
    const failed = { ...done, exitCode: undefined, failure: 'it did not run' }
    const { troubles, timers, comesRound } = managed(env(), failed)
    await comesRound()
    expect(troubles[1]).to.equal('systemd could not be told WATCHDOG=1: it did not run')
    expect(timers).to.have.length(1)
  })
})
