import { execFileSync } from 'node:child_process'
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import type { Scratch } from '../scratch'
import { freePort, start, untilReady, type Running } from './processes'

const SSHD = '/usr/sbin/sshd'
const READY_WITHIN_MS = 30_000

/** Debian's sshd on a port of its own of this machine, with keys of its own; and the ssh_config of one who knows it. */
export class Sshd {
  private running: Running | undefined

  private constructor(
    private readonly folder: string,
    readonly port: number,
    /** The file that a client is given with `-F`: the host `alias` is this sshd. */
    readonly clientConfig: string,
    readonly knownHosts: string,
    /** The key that every user of the machine takes. */
    readonly key: string,
  ) {}

  /** Starts it; it has to be stopped. `lines` are added to its configuration. */
  static async start(scratch: Scratch, name: string, lines: readonly string[] = []): Promise<Sshd> {
    const folder = join(scratch.path, name)
    mkdirSync(folder)
    // Another user, whose login is tried, has to read the list of keys.
    execFileSync('chmod', ['755', scratch.path, folder])
    mkdirSync('/run/sshd', { recursive: true, mode: 0o755 })
    const port = await freePort()
    const [key, knownHosts] = [join(folder, 'client_key'), join(folder, 'known_hosts')]
    makeKey(key)
    makeKey(join(folder, 'host_key'))
    writeFileSync(join(folder, 'authorized_keys'), readFileSync(`${key}.pub`))
    const config = join(folder, 'client_config')
    const sshd = new Sshd(folder, port, config, knownHosts, key)
    sshd.know()
    writeFileSync(
      config,
      [
        'Host *',
        '  HostName 127.0.0.1',
        `  Port ${port}`,
        `  IdentityFile ${key}`,
        '  IdentitiesOnly yes',
        `  UserKnownHostsFile ${knownHosts}`,
        '  GlobalKnownHostsFile /dev/null',
        '',
      ].join('\n'),
    )
    writeFileSync(
      join(folder, 'sshd_config'),
      [
        `Port ${port}`,
        'ListenAddress 127.0.0.1',
        `HostKey ${join(folder, 'host_key')}`,
        `AuthorizedKeysFile ${join(folder, 'authorized_keys')}`,
        `PidFile ${join(folder, 'sshd.pid')}`,
        'StrictModes no',
        'UsePAM no',
        'PermitRootLogin yes',
        'PasswordAuthentication no',
        'KbdInteractiveAuthentication no',
        'PrintMotd no',
        ...lines,
        '',
      ].join('\n'),
    )
    await sshd.listen()
    return sshd
  }

  /** Has the client know the host by its key of now. */
  know(): void {
    const [kind, key] = readFileSync(join(this.folder, 'host_key.pub'), 'utf8').split(' ')
    writeFileSync(this.knownHosts, `[127.0.0.1]:${this.port} ${kind ?? ''} ${key ?? ''}\n`)
  }

  /** Gives the host another key. Returns its fingerprint. */
  async changeKey(): Promise<string> {
    await this.stop()
    execFileSync('rm', [join(this.folder, 'host_key'), join(this.folder, 'host_key.pub')])
    makeKey(join(this.folder, 'host_key'))
    await this.listen()
    const shown = execFileSync('ssh-keygen', ['-lf', join(this.folder, 'host_key')], { encoding: 'utf8' })
    return shown.split(' ')[1] ?? ''
  }

  /** Starts it, again, on the same port. */
  async listen(): Promise<void> {
    const log = join(this.folder, 'sshd.log')
    const running = start(SSHD, ['-D', '-e', '-f', join(this.folder, 'sshd_config')], log)
    this.running = running
    await untilReady('sshd', running, () => answers(this.port), READY_WITHIN_MS)
  }

  /** Ends it and all its sessions. */
  async stop(): Promise<void> {
    await this.running?.stop()
    this.endSessions()
  }

  /** Ends all connections, as a network does that fails; programs of the sessions are not told. */
  endSessions(): void {
    for (const pid of this.sessions()) {
      try {
        process.kill(pid, 'SIGKILL')
      } catch {
        // It has ended by itself.
      }
    }
  }

  /** Returns the processes of sshd that serve a connection to this port. */
  sessions(): number[] {
    const shown = execFileSync('ss', ['-tnpH', 'state', 'established', `sport = :${this.port}`], {
      encoding: 'utf8',
    })
    return [...new Set([...shown.matchAll(/"sshd",pid=(\d+)/g)].map(([, pid]) => Number(pid)))]
  }

  /** Adds lines to what the client is told. */
  configure(...lines: readonly string[]): void {
    appendFileSync(this.clientConfig, lines.map((line) => `  ${line}\n`).join(''))
  }

  get log(): string {
    return readFileSync(join(this.folder, 'sshd.log'), 'utf8')
  }
}

function makeKey(path: string): void {
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'a test', '-f', path])
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('data', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}
