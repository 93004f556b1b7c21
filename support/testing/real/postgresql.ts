import { execFileSync } from 'node:child_process'
import { chmodSync, chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import type { DatabaseSettings } from '../../config/history_setting'
import { freePort, start, untilReady, type Running } from './processes'

const PROGRAMS = '/usr/lib/postgresql/15/bin'
const PASSWORD = 'a-password-of-the-history'
const READY_WITHIN = 60_000

/** A PostgreSQL of Debian with a cluster of its own, on loopback. It runs as the user `postgres`. */
export class Postgresql {
  private running: Running | undefined
  private databases = 0

  private constructor(
    readonly folder: string,
    readonly port: number,
  ) {}

  static async start(tls: { cert: Buffer | undefined; key: Buffer | undefined }): Promise<Postgresql> {
    const folder = mkdtempSync(join(tmpdir(), 'lockstep-postgresql-'))
    const [uid, gid] = ['-u', '-g'].map((flag) => Number(execFileSync('id', [flag, 'postgres']).toString()))
    chownSync(folder, uid ?? -1, gid ?? -1)
    const password = join(folder, 'password')
    writeFileSync(password, PASSWORD)
    chmodSync(password, 0o644)
    const data = join(folder, 'data')
    const init = [
      '-D',
      data,
      '-U',
      'lockstep',
      '--pwfile',
      password,
      '-A',
      'scram-sha-256',
      '-E',
      'UTF8',
      '--no-sync',
    ]
    execFileSync('setpriv', [...AS_POSTGRES, `${PROGRAMS}/initdb`, '--locale', 'C.UTF-8', ...init])
    const database = new Postgresql(folder, await freePort())
    for (const [name, content] of Object.entries(tls)) {
      const path = join(folder, `server.${name}`)
      writeFileSync(path, content ?? '', { mode: 0o600 })
      chownSync(path, uid ?? -1, gid ?? -1)
    }
    await database.begin()
    return database
  }

  /** Starts the server, which has all that it had. */
  async begin(prepare = () => rmSync(this.replicaMark, { force: true })): Promise<void> {
    prepare()
    const args = [
      '-D',
      join(this.folder, 'data'),
      '-p',
      String(this.port),
      '-h',
      '127.0.0.1',
      '-k',
      this.folder,
    ]
    const files = ['cert', 'key'].flatMap((name) => [
      '-c',
      `ssl_${name}_file=${join(this.folder, `server.${name}`)}`,
    ])
    const fast = ['-c', 'fsync=off', '-c', 'max_connections=50', '-c', 'ssl=on', ...files]
    const log = join(this.folder, 'log')
    this.running = start('setpriv', [...AS_POSTGRES, `${PROGRAMS}/postgres`, ...args, ...fast], log)
    await untilReady('PostgreSQL', this.running, () => this.answers(), READY_WITHIN)
  }

  /** Starts the server as one that only follows another, which is not there. `begin` makes it one of its own again. */
  async beginAsReplica(): Promise<void> {
    writeFileSync(this.replicaMark, '')
    await this.begin(() => {})
  }

  /** Ends the server. `SIGINT` is its way to end without waiting for those who are connected. */
  async end(signal: NodeJS.Signals = 'SIGINT'): Promise<void> {
    await this.running?.stop(signal)
    this.running = undefined
  }

  async remove(): Promise<void> {
    await this.end()
    rmSync(this.folder, { recursive: true, force: true })
  }

  /** Makes an empty database. */
  async create(options = ''): Promise<DatabaseSettings> {
    this.databases += 1
    const database = `history${this.databases}`
    await this.query('postgres', `CREATE DATABASE ${database} ${options}`)
    return this.settingsOf(database)
  }

  settingsOf(database: string): DatabaseSettings {
    return {
      host: '127.0.0.1',
      port: this.port,
      database,
      user: 'lockstep',
      password: PASSWORD,
      tls: undefined,
    }
  }

  async query(database: string, text: string): Promise<Record<string, unknown>[]> {
    const client = new Client({ ...this.settingsOf(database), ssl: false })
    client.on('error', () => {})
    await client.connect()
    try {
      return (await client.query<Record<string, unknown>>(text)).rows
    } finally {
      await client.end()
    }
  }

  private get replicaMark(): string {
    return join(this.folder, 'data', 'standby.signal')
  }

  private async answers(): Promise<boolean> {
    try {
      await this.query('postgres', 'SELECT 1')
      return true
    } catch {
      return false
    }
  }
}

const AS_POSTGRES = ['--reuid', 'postgres', '--regid', 'postgres', '--init-groups']
