import { spawn, type ChildProcess } from 'node:child_process'
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { expect } from 'chai'
import { Scratch } from '../scratch'
import { LOCKSTEP } from './program'

/** A program in systemd's place for a service: a socket of datagrams, and barriers that are let go of at once. */
const LISTENER = `
  require 'socket'
  socket = Socket.new(:UNIX, :DGRAM)
  socket.bind(Addrinfo.unix(ARGV[0]))
  STDOUT.sync = true
  puts 'listening'
  loop do
    message, _, _, *controls = socket.recvmsg(scm_rights: true)
    controls.each { |each| each.unix_rights&.each(&:close) }
    puts message
  end`

describe('a daemon, where systemd listens', () => {
  let scratch: Scratch
  const started: ChildProcess[] = []
  beforeEach(() => (scratch = new Scratch()))
  afterEach(() => {
    for (const child of started.splice(0)) {
      child.kill('SIGCONT')
      child.kill('SIGKILL')
    }
    scratch.remove()
  })

  it('says that it is ready and comes round, keeps its files to itself, and is still when its loop is', async () => {
    const socket = join(scratch.path, 'notify')
    const listener = spawn('ruby', ['-e', LISTENER, socket], { stdio: ['ignore', 'pipe', 'inherit'] })
    started.push(listener)
    const heard: string[] = []
    let onLine = () => {}
    createInterface({ input: listener.stdout }).on('line', (line) => {
      heard.push(line)
      onLine()
    })
    const until = (isSo: () => boolean) =>
      new Promise<void>((resolve) => {
        onLine = () => isSo() && resolve()
        onLine()
      })
    await until(() => heard.includes('listening'))
    const state = join(scratch.path, 'state')
    // Nothing listens at this broker: that is no reason not to be ready.
    const config = scratch.write(
      'server.cfg',
      [
        'identity = web1',
        'plugin.activemq.pool.size = 1',
        'plugin.activemq.pool.1.host = 127.0.0.1',
        'plugin.activemq.pool.1.port = 1',
        'plugin.activemq.pool.1.user = a',
        'plugin.activemq.pool.1.password = password',
        'plugin.psk = secret',
        `plugin.lockstep.state_dir = ${state}`,
      ].join('\n'),
    )
    const daemon = spawn(process.execPath, [LOCKSTEP, 'agent', '--config', config], {
      stdio: 'ignore',
      env: { ...process.env, NOTIFY_SOCKET: socket, WATCHDOG_USEC: '900000' },
    })
    started.push(daemon)
    const signs = () => heard.filter((line) => line === 'WATCHDOG=1').length
    await until(() => heard.includes('READY=1') && signs() >= 3)
    const folders = [state, join(state, 'requests')]
    const files = readdirSync(join(state, 'requests')).map((name) => join(state, 'requests', name))
    expect(files).not.to.deep.equal([])
    expect(folders.map((path) => statSync(path).mode & 0o777)).to.deep.equal([0o700, 0o700])
    expect(files.map((path) => statSync(path).mode & 0o777)).to.deep.equal(files.map(() => 0o600))
    // The loop is stuck, as far as can be told from outside. One sign may be on its way.
    daemon.kill('SIGSTOP')
    const before = signs()
    await new Promise((resolve) => setTimeout(resolve, 2_000))
    expect(signs() - before).to.be.at.most(1)
  }).timeout(300_000)
})
