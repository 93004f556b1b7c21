import { expect } from 'chai'
import { localFiles } from '../../system/local_files'
import { reasonOf } from '../../testing/failure'
import { Programs, type Said } from '../../testing/programs'
import { Scratch } from '../../testing/scratch'
import { systemdServices } from './services_systemd'
import { sysvServices } from './services_sysv'

const signal = new AbortController().signal

describe('services of systemd', () => {
  const unit = (loaded: string, active: string): Said => ({
    stdout: `LoadState=${loaded}\nActiveState=${active}\n`,
  })
  const states: [string, string, boolean][] = [
    ['loaded', 'active', true],
    ['loaded', 'reloading', true],
    ['loaded', 'activating', false],
    ['loaded', 'deactivating', false],
    ['loaded', 'failed', false],
    ['masked', 'inactive', false],
    ['not-found', 'active', true],
  ]
  for (const [loaded, active, running] of states) {
    it(`that are ${loaded} and ${active} ${running ? 'run' : 'do not run'}`, async () => {
      const { run } = new Programs({ systemctl: unit(loaded, active) })
      expect(await systemdServices(run).isRunning('a')).to.equal(running)
    })
  }

  it('that are unknown are an error, and so is a systemd that does not answer', async () => {
    const one = (said: Said) => systemdServices(new Programs({ systemctl: said }).run)
    const asked = (said: Said) => reasonOf(Promise.resolve(one(said).isRunning('a')))
    expect(await asked(unit('not-found', 'inactive'))).to.equal('there is no service a')
    expect(await asked({ exitCode: 1, output: 'Failed to connect to bus: No such file' })).to.match(
      /Failed to connect/,
    )
    expect(await asked({ failure: 'it took longer than 30 s and was ended' })).to.match(
      /^systemctl: it took longer/,
    )
  })

  it('are restarted by systemd itself, so that what is part of them comes back too', async () => {
    const programs = new Programs({ 'systemctl restart -- a': {} })
    await systemdServices(programs.run).restart('a', signal)
    expect(programs.ran).to.deep.equal(['systemctl restart -- a'])
  })

  it('say in systemd’s words why they did not start', async () => {
    const output =
      'Job for a.service failed because the control process exited with error code.\nSee "systemctl status".\n'
    const { run } = new Programs({ 'systemctl start': { exitCode: 1, output } })
    expect(await reasonOf(Promise.resolve(systemdServices(run).start('a', signal)))).to.match(
      /^systemctl ended with exit status 1: Job for a.service failed/,
    )
  })
})

describe('services of System V', () => {
  let scratch: Scratch
  beforeEach(() => {
    scratch = new Scratch()
    scratch.write('a', '#!/bin/sh\n', 0o755)
  })
  afterEach(() => scratch.remove())
  const services = (said: Said) =>
    sysvServices(new Programs({ 'service a': said }).run, localFiles, scratch.path)

  for (const [exitCode, running] of [
    [0, true],
    [1, false],
    [2, false],
    [3, false],
  ] as const) {
    it(`whose status is ${exitCode} ${running ? 'run' : 'do not run'}`, async () => {
      expect(await services({ exitCode }).isRunning('a')).to.equal(running)
    })
  }

  it('that do not say whether they run are an error, and so are those without a script', async () => {
    const asked = (name: string) =>
      reasonOf(Promise.resolve(services({ exitCode: 4, output: 'usage: a' }).isRunning(name)))
    expect(await asked('a')).to.match(/does not say whether it runs.*usage: a/)
    expect(await asked('b')).to.match(/^there is no service b/)
  })
})
