import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { join } from 'node:path'
import { expect } from 'chai'
import { systemClock } from '../../system/clock'
import { openRemoteHost, type RemoteHost, type SshOptions } from '../../ssh/remote_host'
import { Session } from '../../ssh/session'
import { SshFault } from '../../ssh/ssh_fault'
import { SshPool } from '../../ssh/ssh_pool'
import { commandRunnerContract } from '../command_runner_contract'
import { hostFilesContract } from '../host_files_contract'
import { Scratch } from '../scratch'
import { untilGone } from '../until_gone'
import { freePort } from './processes'
import { Sshd } from './sshd'

const RUNS = 30

describe('a host that is reached by ssh', function () {
  this.timeout(120_000)
  const scratch = new Scratch()
  let sshd: Sshd
  let host: RemoteHost
  const opened: RemoteHost[] = []
  const options = (): SshOptions => ({
    clock: systemClock,
    pool: new SshPool(),
    configFile: sshd.clientConfig,
  })
  const reach = (more: Partial<SshOptions> = {}): RemoteHost => {
    const made = openRemoteHost({ host: 'alias' }, { ...options(), ...more })
    opened.push(made)
    return made
  }

  before(async () => {
    sshd = await Sshd.start(scratch, 'sshd')
    host = reach()
  })
  after(async () => {
    for (const each of opened) await each.close()
    await sshd.stop()
    scratch.remove()
  })

  /** Returns what returns a host whose programs come from a folder first, or from it alone. */
  const otherShell = (name: string, fill: (folder: string) => void, isAlone = false): (() => RemoteHost) => {
    let other: RemoteHost
    let server: Sshd
    before(async () => {
      const folder = join(scratch.path, `${name}-bin`)
      mkdirSync(folder)
      fill(folder)
      server = await Sshd.start(scratch, name, [`SetEnv PATH=${folder}${isAlone ? '' : ':/usr/bin:/bin'}`])
      other = reach({ configFile: server.clientConfig })
    })
    after(async () => {
      await other.close()
      await server.stop()
    })
    return () => other
  }

  describe('runs programs and', () => commandRunnerContract(() => host.run, RUNS))
  describe('has files, and', () => hostFilesContract(() => host.files, RUNS))

  const faultOf = async (work: Promise<unknown>): Promise<SshFault> => {
    const fault: unknown = await work.then(
      () => undefined,
      (error: unknown) => error,
    )
    expect(fault).to.be.instanceOf(SshFault)
    return fault as SshFault
  }
  const until = async (test: () => boolean | Promise<boolean>) => {
    while (!(await test())) await new Promise((resolve) => setTimeout(resolve, 20))
  }
  const now = () => new AbortController().signal
  const login = (more: Partial<SshOptions> = {}) => reach(more).open(now())

  describe('whose sh is bash', () => {
    const other = otherShell('bash', (folder) => symlinkSync('/bin/bash', join(folder, 'sh')))
    describe('runs programs and', () => commandRunnerContract(() => other().run, 10))
    describe('has files, and', () => hostFilesContract(() => other().files, 10))
  })

  describe('that has nothing but busybox', () => {
    const other = otherShell(
      'busybox',
      (folder) => execFileSync('/bin/busybox', ['--install', '-s', folder]),
      true,
    )
    describe('runs programs and', () => commandRunnerContract(() => other().run, 10))
    describe('has files, and', () => hostFilesContract(() => other().files, 10, 1_000))
  })

  describe('says why it cannot log in', () => {
    const clientConfig = (name: string, ...lines: string[]) =>
      scratch.write(
        name,
        `Host alias\n${lines.map((line) => `  ${line}\n`).join('')}${readFileSync(sshd.clientConfig, 'utf8')}`,
      )

    it('where the host key has changed, with the new fingerprint, and trusts it never', async () => {
      const other = await Sshd.start(scratch, 'changed')
      try {
        await login({ configFile: other.clientConfig })
        const fingerprint = await other.changeKey()
        const known = readFileSync(other.knownHosts, 'utf8')
        const { kind, message } = await faultOf(login({ configFile: other.clientConfig }))
        expect(kind).to.equal('host-key-changed')
        expect(message).to.contain(fingerprint).and.to.contain(other.knownHosts)
        expect(readFileSync(other.knownHosts, 'utf8')).to.equal(known)
      } finally {
        await other.stop()
      }
    })

    it('where the host key is not known', async () => {
      const empty = scratch.write('no_hosts', '')
      const configFile = clientConfig('unknown_config', `UserKnownHostsFile ${empty}`)
      const { kind, message } = await faultOf(login({ configFile }))
      expect({ kind, isNamed: message.includes('ssh-keyscan') }).to.deep.equal({
        kind: 'host-key-unknown',
        isNamed: true,
      })
      expect(readFileSync(empty, 'utf8')).to.equal('')
    })

    it('where the host does not take the key', async () => {
      const key = scratch.write('not-a-key', '')
      execFileSync('rm', [key])
      execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key])
      const text = readFileSync(sshd.clientConfig, 'utf8').replace(sshd.key, key)
      const { kind, message } = await faultOf(login({ configFile: scratch.write('other_key_config', text) }))
      expect({ kind, message }).to.deep.equal({
        kind: 'permission-denied',
        message:
          'it does not let the user log in (it takes: publickey); nobody is asked for a password here: give ssh a key that the host has in authorized_keys',
      })
    })

    it('where no sshd listens, where the name is unknown, and where ssh itself is wrong', async () => {
      const port = await freePort()
      const faults = [
        login({ configFile: clientConfig('refused_config', `Port ${port}`) }),
        login({ configFile: clientConfig('name_config', 'HostName no-such-host.invalid') }),
        login({ configFile: scratch.write('bad_config', 'Nonsense yes\n') }),
        login({ configFile: join(scratch.path, 'no_config') }),
        login({ program: '/no/such/ssh' }),
      ]
      const kinds = (await Promise.all(faults.map(faultOf))).map(({ kind }) => kind)
      expect(kinds).to.deep.equal(['refused', 'name-unknown', 'bad-setting', 'bad-setting', 'no-ssh'])
    })

    it('where the host takes the connection and says nothing', async () => {
      const server = createServer(() => {})
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      const { port } = server.address() as AddressInfo
      try {
        const { kind } = await faultOf(
          login({ configFile: clientConfig('slow_config', `Port ${port}`), connectWithinS: 1 }),
        )
        expect(kind).to.equal('too-slow')
      } finally {
        server.close()
      }
    })

    it('where programs are missing that the shell needs', async () => {
      const bin = join(scratch.path, 'few')
      mkdirSync(bin)
      for (const tool of ['sh', 'cat', 'id', 'mkdir']) symlinkSync(`/bin/${tool}`, join(bin, tool))
      chmodSync(bin, 0o755)
      const poor = await Sshd.start(scratch, 'poor', [`SetEnv PATH=${bin}`])
      try {
        const missing = await faultOf(login({ configFile: poor.clientConfig }))
        expect(missing.kind).to.equal('tool-missing')
        expect(missing.message).to.match(/ mkfifo .* setsid /)
        expect((await faultOf(login({ configFile: poor.clientConfig, sudo: true }))).kind).to.equal(
          'sudo-absent',
        )
      } finally {
        await poor.stop()
      }
    })
  })

  describe('when sshd takes few logins at once', () => {
    let busy: Sshd
    const sockets: Socket[] = []
    before(async () => {
      busy = await Sshd.start(scratch, 'busy', ['MaxStartups 1:100:1', 'LoginGraceTime 600'])
    })
    after(async () => {
      sockets.forEach((socket) => socket.destroy())
      await busy.stop()
    })

    it('tries a login again that was dropped, and says so when it is dropped for good', async () => {
      const socket = await untilTaken(busy.port)
      sockets.push(socket)
      const dropped = await faultOf(login({ configFile: busy.clientConfig }))
      expect(dropped.kind).to.equal('dropped')
      expect(dropped.message).to.contain('MaxStartups')
      const again = login({ configFile: busy.clientConfig })
      await until(() => (busy.log.match(/drop connection|beginning MaxStartups/g) ?? []).length > 0)
      socket.destroy()
      await again
    })
  })

  describe('with users of the host', () => {
    const made: string[] = []
    const sudoers = `/etc/sudoers.d/lockstep-ssh-${process.pid}`
    const user = (name: string, shell: string): string => {
      const login = `lsssh${name}${process.pid}`
      execFileSync('useradd', ['-m', '-s', shell, login])
      // A user with a locked password may not log in, without PAM.
      execFileSync('usermod', ['-p', '*', login])
      made.push(login)
      return login
    }
    const as = (login: string, more: Partial<SshOptions> = {}): RemoteHost => {
      const host = openRemoteHost({ host: 'alias', user: login }, { ...options(), ...more })
      opened.push(host)
      return host
    }
    after(() => {
      execFileSync('rm', ['-f', sudoers])
      for (const login of made) {
        try {
          execFileSync('pkill', ['-KILL', '-u', login])
        } catch {
          // No process of the user is left.
        }
        execFileSync('userdel', ['-r', '-f', login], { stdio: 'ignore' })
      }
    })

    for (const shell of ['/bin/bash', '/bin/dash', '/bin/csh', '/usr/bin/fish', '/usr/bin/zsh', '/bin/ksh93'])
      it(`works where the user has the shell ${shell}`, async () => {
        const host = as(user(shell.replace(/^.*\//, ''), shell))
        const odd = ['a b', "it's", '!!', '$x', 'x\ny', '{a,b}', '~']
        const { stdout } = await host.run('printf', ['%s|', ...odd], {})
        expect(stdout).to.equal(odd.map((text) => `${text}|`).join(''))
        const kept = await host.run('id', ['-un'], { outlives: true })
        expect(kept.stdout).to.match(/^lsssh/)
      })

    it('takes no greeting of a host for an answer', async () => {
      const login = user('noise', '/bin/bash')
      const noise = `#!/bin/sh\nprintf 'Welcome\\nlockstep-is-here-not\\n'; yes noise | head -c 100000; printf 'half a line'; echo error >&2\n`
      writeFileSync(`/home/${login}/.bashrc`, noise)
      execFileSync('chown', [login, `/home/${login}/.bashrc`])
      expect((await as(login).run('echo', ['said'], {})).stdout).to.equal('said')
    })

    it('says that a user has no shell, and tells a program that looks like one nothing', async () => {
      const menu = scratch.write(
        'menu',
        `#!/bin/sh\necho 'Choose 1 or 2:'; read -r x; echo "chosen $x" >>${join(scratch.path, 'chosen')}\n`,
        0o755,
      )
      const cat = scratch.write('cat', '#!/bin/sh\nexec cat\n', 0o755)
      const [quick, slow] = [
        ['/usr/sbin/nologin', '/bin/false'],
        [menu, cat],
      ]
      for (const [index, shell] of [...(quick ?? []), ...(slow ?? [])].entries()) {
        const { kind, message } = await faultOf(
          as(user(`no${index}`, shell), { connectWithinS: 2 }).open(now()),
        )
        expect([kind, message.slice(0, 60)], shell).to.include(shell === cat ? 'too-slow' : 'no-shell')
        if (shell === menu) expect(message).to.contain('Choose 1 or 2')
      }
      expect(existsSync(join(scratch.path, 'chosen'))).to.equal(false)
    })

    it('says what sudo wants, and works as root where it wants nothing', async () => {
      const login = user('sudo', '/bin/bash')
      const host = () => as(login, { sudo: true })
      expect((await faultOf(host().open(now()))).kind).to.equal('sudo-password')
      writeFileSync(sudoers, `Defaults:${login} requiretty\n${login} ALL=(root) NOPASSWD: ALL\n`, {
        mode: 0o440,
      })
      expect((await faultOf(host().open(now()))).kind).to.equal('sudo-terminal')
      writeFileSync(sudoers, `${login} ALL=(root) NOPASSWD: ALL\n`)
      expect((await host().run('id', ['-u'], {})).stdout).to.equal('0')
    })

    it('begins no program that outlives it where the disk is full', async () => {
      const login = user('full', '/bin/bash')
      const home = `/home/${login}`
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=128k,mode=777', 'tmpfs', home])
      try {
        const host = as(login)
        await host.open(now())
        execFileSync('sh', ['-c', `head -c 1000000 /dev/zero >${home}/full 2>/dev/null || true`])
        const begun = join(scratch.path, 'begun-on-full')
        execFileSync('chmod', ['777', scratch.path])
        const { failure } = await host.run('touch', [begun], { outlives: true })
        expect(failure).to.match(/^it did not run: .*full/)
        expect(existsSync(begun)).to.equal(false)
        const looked = await host.run('sh', ['-c', 'echo found; seq 100000'], {})
        expect(looked.exitCode).to.equal(undefined)
        expect(looked.failure).to.match(/full/)
      } finally {
        execFileSync('umount', ['-l', home])
      }
    })
  })

  describe('when the connection is lost', () => {
    const lines = (name: string) =>
      existsSync(join(scratch.path, name))
        ? readFileSync(join(scratch.path, name), 'utf8').split('\n').filter(Boolean)
        : []
    const installs = (name: string, gate: string) =>
      `echo $$ >>${join(scratch.path, name)}; until [ -e ${join(scratch.path, gate)} ]; do sleep 0.05; done; echo installed; exit 7`

    it('asks how a program ended that outlives it, and begins it no second time', async () => {
      const lost = reach()
      const ended = lost.run('sh', ['-c', installs('once', 'once-gate')], { outlives: true })
      await until(() => lines('once').length > 0)
      const [other] = await Promise.all([
        reach().stillRunning(),
        lost.stillRunning().then((own) => expect(own).to.deep.equal([])),
      ])
      expect(other.map(({ pid, program }) => [String(pid), program.slice(0, 5)])).to.deep.equal([
        [lines('once')[0], 'sh -c'],
      ])
      sshd.endSessions()
      await until(async () => (await reach().stillRunning()).length === 1)
      scratch.write('once-gate', '')
      expect(await ended).to.deep.equal({
        exitCode: 7,
        stdout: 'installed',
        output: 'installed',
        failure: undefined,
      })
      expect(lines('once')).to.have.length(1)
      expect(await reach().stillRunning()).to.deep.equal([])
    })

    it('does not know how a program ended that does not outlive it, and the host ends it', async () => {
      const ended = reach().run('sh', ['-c', installs('twice', 'never-gate')], {})
      await until(() => lines('twice').length > 0)
      sshd.endSessions()
      const { exitCode, failure } = await ended
      expect(exitCode).to.equal(undefined)
      expect(failure).to.match(/^unknown: the connection to it was lost/)
      await untilGone(lines('twice')[0] ?? '')
    })

    it('says that it is not known how a program ended when the host stays away, and where it runs', async () => {
      const away = await Sshd.start(scratch, 'away')
      const host = reach({ configFile: away.clientConfig, askWithinMs: 1_500 })
      const ended = host.run('sh', ['-c', installs('away-begun', 'away-gate')], { outlives: true })
      await until(() => lines('away-begun').length > 0)
      await away.stop()
      const { exitCode, failure } = await ended
      expect(exitCode).to.equal(undefined)
      expect(failure).to.match(/^unknown: .* it may still run there as lockstep-[0-9a-f]{16} \(sh -c /)
      await away.listen()
      const [running] = await reach({ configFile: away.clientConfig }).stillRunning()
      expect(failure).to.contain(`lockstep-${running?.id ?? 'nothing'}`)
      scratch.write('away-gate', '')
      await untilGone(lines('away-begun')[0] ?? '')
      await away.stop()
    })

    it('finds out about a connection that is silent, both ways, and goes on when it is back', async () => {
      const host = reach({ aliveEveryS: 1, connectWithinS: 2 })
      const ended = host.run('sh', ['-c', installs('silent', 'silent-gate')], { outlives: true })
      await until(() => lines('silent').length > 0)
      const rules = ['--sport', '--dport'].map((side) => [
        'INPUT',
        '-i',
        'lo',
        '-p',
        'tcp',
        side,
        String(sshd.port),
        '-j',
        'DROP',
      ])
      const look = host.run('sh', ['-c', 'sleep 600'], {})
      try {
        rules.forEach((rule) => execFileSync('iptables', ['-A', ...rule]))
        expect((await look).failure).to.match(/^unknown: /)
        expect((await faultOf(reach({ connectWithinS: 1 }).open(now()))).kind).to.equal('too-slow')
      } finally {
        rules.forEach((rule) => execFileSync('iptables', ['-D', ...rule]))
      }
      scratch.write('silent-gate', '')
      expect((await ended).exitCode).to.equal(7)
      expect(lines('silent')).to.have.length(1)
    })

    it('begins nothing that comes to the host after it was asked for', async () => {
      const session = await Session.open({ host: 'alias' }, options(), now())
      const begun = join(scratch.path, 'too-late')
      const { fault } = await session.ask('aaaa', session.greeting.boot)
      expect(fault).to.equal('never')
      const task = {
        id: 'aaaa',
        isKept: true,
        name: 'x',
        line: `exec touch ${begun}`,
        outputAtMost: 10,
        input: Buffer.alloc(0),
      }
      expect((await session.carryOut(task)).fault).to.equal('disk')
      expect(existsSync(begun)).to.equal(false)
      expect((await session.ask('aaaa', 'another-start')).fault).to.equal('restarted')
      session.forget('aaaa')
      session.close()
      await session.gone
    })

    it('says that a program was ended on the host by someone else, and not that it is done', async () => {
      const host = reach()
      const ended = host.run('sh', ['-c', installs('shot', 'shot-gate')], { outlives: true })
      await until(() => lines('shot').length > 0)
      const [pid = ''] = lines('shot')
      const supervisor = execFileSync('ps', ['-o', 'ppid=', '-p', pid], { encoding: 'utf8' }).trim()
      for (const each of [supervisor, pid]) process.kill(Number(each), 'SIGKILL')
      expect((await ended).failure).to.match(/^unknown: it was ended on the host/)
    })
  })

  it('is reached through a jump host, and over a connection that is shared', async () => {
    const control = join(scratch.path, 'control')
    const shared = ['ControlMaster auto', `ControlPath ${control}`, 'ControlPersist 600']
    const text = readFileSync(sshd.clientConfig, 'utf8')
    const blocks = ['Host alias', '  ProxyJump jump', ...shared.map((line) => `  ${line}`)]
    const configFile = scratch.write('shared_config', `${blocks.join('\n')}\n${text}`)
    try {
      for (const each of ['first', 'second']) {
        const host = reach({ configFile })
        expect((await host.run('echo', [each], {})).stdout).to.equal(each)
        await host.close()
        expect(existsSync(control)).to.equal(true)
      }
      // Two connections: to the jump host, and from it to the host.
      expect(sshd.sessions()).to.have.length.at.least(2)
    } finally {
      execFileSync('ssh', ['-F', configFile, '-O', 'exit', 'alias'], { stdio: 'ignore' })
    }
  })

  describe('of many hosts', () => {
    it('are no more ssh processes than allowed; one that does nothing gives way', async () => {
      const many = await Sshd.start(scratch, 'many', ['MaxStartups 10:30:100'])
      try {
        const pool = new SshPool({ sessions: 3, logins: 2 })
        const hosts = Array.from({ length: 10 }, () => reach({ pool, configFile: many.clientConfig }))
        let most = 0
        for (const round of [1, 2]) {
          const answers = await Promise.all(
            hosts.map(async (host, each) => {
              const { stdout } = await host.run('echo', [`${round} ${each}`], {})
              most = Math.max(most, many.sessions().length)
              return stdout
            }),
          )
          expect(answers).to.deep.equal(hosts.map((_, each) => `${round} ${each}`))
        }
        // A session that ends is still seen while the next logs in.
        expect(most).to.be.within(2, 6)
        for (const host of hosts) await host.close()
      } finally {
        await many.stop()
      }
    })
  })
})

/** Resolves with a connection that an sshd has taken: it drops others with a word of its own. */
async function untilTaken(port: number): Promise<Socket> {
  for (;;) {
    const socket = connect(port, '127.0.0.1')
    const first = await new Promise<Buffer>((resolve) => {
      socket.once('data', resolve)
      socket.once('close', () => resolve(Buffer.alloc(0)))
    })
    if (first.toString('latin1').startsWith('SSH-2.0')) return socket
    socket.destroy()
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
