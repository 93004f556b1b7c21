import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { isRunningWith, runCommand } from '../system/command'
import { redactor } from '../system/redaction'
import { systemClock } from '../system/clock'
import { MemoryStarts } from '../testing/memory_starts'
import { Scratch } from '../testing/scratch'
import { startCommandsContract } from '../testing/start_commands_contract'
import { CommandStarts } from './command_starts'

describe('the commands that a start calls', () => {
  let scratch: Scratch
  beforeEach(() => {
    scratch = new Scratch()
    mkdirSync(join(scratch.path, 'state'))
  })
  afterEach(() => scratch.remove())

  /** Returns starts whose command is a program of the shell, which leaves its words and variables in `said`. */
  const startsBy = (program: string) => {
    const script = scratch.write('program', `printf '[%s]' "$@" >said; env >>said\n${program}\n`)
    return new CommandStarts({
      lockstep: ['/bin/sh', script],
      config: join(scratch.path, 'lockstep.yaml'),
      folder: scratch.path,
      state: join(scratch.path, 'state'),
      machine: 'a',
      env: { PATH: process.env['PATH'], LOCKSTEP_SAFE_MODE: 'on' },
      cwd: scratch.path,
      run: runCommand,
      isRunning: isRunningWith,
      clock: systemClock,
      redact: redactor(['s3cret-of-a-fleet']),
    })
  }
  const order = (commands: CommandStarts) => ({
    run: commands.newRun(),
    feature: 'deploy.feature',
    environment: 'test',
    variables: { version: '--plan=x;$(reboot)', name: 'a b' },
    release: '4.2',
    ticket: 'OPS-1',
    limit: 'web[1-2]',
    ...commands.beside('deploy.feature'),
    by: 'anna',
  })
  const said = () => readFileSync(join(scratch.path, 'said'), 'utf8')
  const never = new AbortController().signal

  it('have each value as one word behind --var, and none of it as a variable of the environment', async () => {
    const commands = startsBy("echo 'READ  1 feature, 1 scenario'")
    const lint = await commands.carryOut('lint', order(commands), never)
    expect(lint.result).to.equal('succeeded')
    const { path } = scratch
    const common = `[deploy.feature][--environment][test][--var][version=--plan=x;$(reboot)][--var][name=a b][--config][${path}/lockstep.yaml][--state][${path}/state]`
    expect(said()).to.contain(`[lint]${common}`)
    expect(said()).not.to.match(/SAFE_MODE|\[--release|^version=|^name=/m)
    await commands.carryOut('rehearse', order(commands), never)
    expect(said()).to.contain(`[rehearse]${common}[--release][4.2]`).and.not.to.contain('--limit')
    await commands.carryOut('plan', order(commands), never)
    expect(said()).to.contain(`[plan]${common}[--release][4.2][--ticket][OPS-1][--limit][web[1-2]]`)
  })

  it('have a rollout keep to the plan and the code, as the run that its start has begun', async () => {
    const commands = startsBy('exit 0')
    const wish = order(commands)
    const planRun = commands.newRun()
    await commands.start({ ...wish, plan: '0123456789ab', planRun })
    await commands.untilGone(wish.run, never)
    expect(said()).to.contain(
      `[--plan][${scratch.path}/state/console/runs/${planRun}/plans/0123456789ab.json]`,
    )
    expect(said()).to.contain(`LOCKSTEP_CODE=${wish.code}\n`).and.contain(`LOCKSTEP_RUN=${wish.run}\n`)
    expect(said()).to.contain('LOCKSTEP_APPROVAL=console\n')
  })

  it('have passed nothing by an exit status alone', async () => {
    for (const step of ['lint', 'rehearse', 'plan'] as const) {
      const commands = startsBy('echo it is cloudy s3cret-of-a-fleet; exit 0')
      const { result, why } = await commands.carryOut(step, order(commands), never)
      expect([step, result]).to.deep.equal([step, 'failed'])
      expect(why).to.contain('it is cloudy ***')
    }
  })

  startCommandsContract('a program', () => {
    const commands = startsBy('exit 1')
    return { commands, failAll: () => {} }
  })
  startCommandsContract('in memory', () => {
    const commands = new MemoryStarts()
    return {
      commands,
      failAll: () => {
        commands.outcome = () => ({ result: 'failed', why: 'x', plan: null, hosts: 0, changes: 0 })
      },
    }
  })
})
