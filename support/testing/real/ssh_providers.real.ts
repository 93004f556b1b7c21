import { join } from 'node:path'
import { expect } from 'chai'
import { fileLook } from '../../agents/providers/file_look'
import { dpkgContext } from '../../agents/providers/dpkg_context'
import { leaseFile } from '../../agents/providers/lease_file'
import { nrpeCommands } from '../../agents/providers/nrpe_commands'
import { findAlive, findProcess } from '../../agents/providers/process_search'
import { openRemoteHost, type RemoteHost } from '../../ssh/remote_host'
import { SshPool } from '../../ssh/ssh_pool'
import { systemClock } from '../../system/clock'
import { runCommand } from '../../system/command'
import { readTexts } from '../../system/host_texts'
import { leaseStoreContract } from '../lease_store_contract'
import { Scratch } from '../scratch'
import { Sshd } from './sshd'

describe('providers of a host that is reached by ssh', function () {
  this.timeout(240_000)
  const scratch = new Scratch()
  let sshd: Sshd
  let one: RemoteHost
  let other: RemoteHost
  let leases = 0

  before(async () => {
    sshd = await Sshd.start(scratch, 'sshd')
    const reach = () =>
      openRemoteHost(
        { host: 'alias' },
        { clock: systemClock, pool: new SshPool(), configFile: sshd.clientConfig },
      )
    one = reach()
    other = reach()
  })
  after(async () => {
    await one.close()
    await other.close()
    await sshd.stop()
    scratch.remove()
  })

  describe('of which one lease is asked for by a daemon there and by two control hosts', () =>
    leaseStoreContract(() => {
      const path = join(scratch.path, `lease ${(leases += 1)}`, 'lease.json')
      let opened = 0
      return {
        open: () => leaseFile(path, [one.run, other.run, runCommand][(opened += 1) % 3] ?? runCommand),
      }
    }, 20))

  it('see there what they see here', async () => {
    const file = scratch.write("it's a \n$(file)", 'ä\n', 0o640)
    const texts = [scratch.write('a b', 'x\r\n\nä\n\n'), '/nowhere/at/all', scratch.path, '/proc/version']
    // The look itself reads the file, and time goes on.
    const { atime, atime_seconds, atime_age, mtime_age, ctime_age, ...there } = await fileLook(one.run)(file)
    expect(await fileLook(runCommand)(file)).to.deep.include(there)
    expect(atime).to.match(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/)
    for (const time of [atime_seconds, atime_age, mtime_age, ctime_age]) expect(time).to.be.a('number')
    expect(String([...(await readTexts(one.run, texts))])).to.equal(
      String([...(await readTexts(runCommand, texts))]),
    )
    expect(await dpkgContext(one.run).freeBytes()).to.be.greaterThan(0)
    expect([...(await findAlive(one.run, [process.pid, 4_194_304]))]).to.deep.equal([process.pid])
    expect(await findProcess(one.run, ['--job-id', 'nobody-has-this'])).to.equal(false)
  })

  it('read the configuration of checks there, and run them there', async () => {
    scratch.write('nrpe.d/a.cfg', `command[ssh]=/bin/sh -c 'exit 2'\ninclude=${scratch.path}/more\n`)
    scratch.write('more', 'command[told]=/bin/echo OK\n')
    const checks = nrpeCommands({ folder: join(scratch.path, 'nrpe.d'), file: undefined }, one.run)
    expect(await checks.names()).to.deep.equal(['ssh', 'told'])
    expect(await checks.run('ssh')).to.include({ exitcode: 2 })
    expect(await checks.run('told')).to.include({ exitcode: 0, output: 'OK' })
  })
})
