import { symlinkSync } from 'node:fs'
import { expect } from 'chai'
import type { CommandRunner } from '../../system/command'
import { runCommand } from '../../system/command'
import { localFiles } from '../../system/local_files'
import { Scratch } from '../../testing/scratch'
import { resourceLooks, systemdLook, sysvLook } from './resource_looks'

const saying =
  (stdout: string, exitCode = 0): CommandRunner =>
  async () => ({ exitCode, stdout, stderr: '', output: stdout, failure: undefined })

const messageOf = (look: () => Promise<unknown>) => look().then(String, (error: Error) => error.message)

describe('a look at a resource', () => {
  let scratch: Scratch
  beforeEach(() => (scratch = new Scratch()))
  afterEach(() => scratch.remove())

  const packages = (ensure: string) =>
    resourceLooks({
      files: localFiles,
      run: runCommand,
      packages: { state: () => ({ ensure }) },
      services: undefined,
    })

  for (const [ensure, is] of [
    ['1.2-3', 'there'],
    ['absent', 'gone'],
    ['purged', 'gone'],
  ] as const)
    it(`takes a package that is ${ensure} for ${is}`, async () =>
      expect((await packages(ensure)('Package', 'a')).is).to.equal(is))

  it('sees a path itself: a folder, a file, a link to nowhere, and what is below a file', async () => {
    const look = packages('purged')
    const file = scratch.write('a/b', '')
    symlinkSync('/nowhere', `${scratch.path}/link`)
    expect((await look('File', file)).is).to.equal('there')
    expect((await look('File', `${scratch.path}/a`)).seen).to.equal('is still there, as a folder')
    expect((await look('File', `${scratch.path}/link`)).seen).to.equal('is still there, as a link to nowhere')
    expect((await look('File', `${file}/c`)).is).to.equal('gone')
    expect((await look('File', `${scratch.path}/none`)).is).to.equal('gone')
    expect((await look('File', `${scratch.path}/${'a'.repeat(300)}`)).is).to.equal('not known')
  })

  it('asks the accounts of the host itself, where a number is no name', async () => {
    const look = packages('purged')
    expect((await look('User', 'root')).is).to.equal('there')
    expect((await look('User', '0')).is).to.equal('gone')
    expect((await look('Group', 'no-such-group')).is).to.equal('gone')
    const broken = resourceLooks({
      files: localFiles,
      run: saying('', 3),
      packages: undefined,
      services: undefined,
    })
    expect(await messageOf(async () => broken('User', 'root'))).to.match(/getent/)
  })

  for (const [told, name, is] of [
    ['alice@example.net:*:7:7::/:/bin/sh\n', 'alice', 'there'],
    ['alice:*:7:7::/:/bin/sh\n', 'Alice', 'there'],
    ['alice:*:7:7::/:/bin/sh\n', '7', 'gone'],
  ] as const)
    it(`takes ${name} for ${is} where a directory tells ${told.trim()}`, async () => {
      const look = resourceLooks({
        files: localFiles,
        run: saying(told),
        packages: undefined,
        services: undefined,
      })
      expect((await look('User', name)).is).to.equal(is)
    })

  for (const [name, arch, is] of [
    ['a:amd64', 'all', 'there'],
    ['a:any', 'amd64', 'there'],
    ['a:i386', 'amd64', 'gone'],
  ] as const)
    it(`takes ${name} for ${is} where dpkg knows it without, for ${arch}`, async () => {
      const state = (asked: string) => (asked === 'a' ? { ensure: '1', arch } : { ensure: 'purged' })
      const look = resourceLooks({
        files: localFiles,
        run: runCommand,
        packages: { state },
        services: undefined,
      })
      expect((await look('Package', name)).is).to.equal(is)
    })

  it('knows nothing of a package or a service without its manager, or of another type', async () => {
    const look = resourceLooks({
      files: localFiles,
      run: runCommand,
      packages: undefined,
      services: undefined,
    })
    for (const type of ['Package', 'Service', 'Cron'])
      expect((await look(type, 'a')).is).to.equal('not known')
  })

  for (const [what, shown, is] of [
    ['runs', ['loaded', 'active', 'disabled'], 'there'],
    ['is about to run', ['loaded', 'activating', ''], 'there'],
    ['runs without its file', ['not-found', 'active', ''], 'there'],
    ['does not run, and is enabled', ['loaded', 'inactive', 'enabled'], 'there'],
    ['has failed', ['loaded', 'failed', 'static'], 'there'],
    ['is masked', ['masked', 'inactive', 'masked'], 'gone'],
    ['is masked and runs', ['masked', 'active', 'masked'], 'there'],
    ['is not known', ['not-found', 'inactive', ''], 'gone'],
    ['cannot be read', ['bad-setting', 'inactive', ''], 'there'],
  ] as const)
    it(`takes a unit that ${what} for ${is}`, async () => {
      const [loaded, active, enabled] = shown
      const text = `Names=ssh.service sshd.service\nLoadState=${loaded}\nActiveState=${active}\nUnitFileState=${enabled}\n`
      expect(await systemdLook(saying(text))('ssh')).to.deep.include({
        is,
        names: ['ssh.service', 'sshd.service'],
      })
    })

  it('knows nothing of units where systemd does not answer', async () => {
    const said = await messageOf(async () => systemdLook(saying('Failed to connect to bus', 1))('ssh'))
    expect(said).to.match(/Failed to connect to bus/)
  })

  it('takes a script, or a link that starts it at boot, for a service that is there', async () => {
    scratch.write('etc/init.d/one', '')
    scratch.write('etc/rc2.d/README', '')
    symlinkSync('../init.d/two', `${scratch.path}/etc/rc2.d/S01two`)
    const look = sysvLook({ isRunning: () => false }, localFiles, `${scratch.path}/etc`)
    expect((await look('one')).is).to.equal('there')
    expect((await look('two')).seen).to.equal('has no script any more, and is still started at boot')
    expect((await look('three')).is).to.equal('gone')
  })
})
