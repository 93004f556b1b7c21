import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { readBlocks } from '../docs/blocks'
import type { Scratch } from '../scratch'
import { freePort, start, untilReady, type Running } from './processes'

const PAGE = 'docs/other-ci.md'
const READY_WITHIN_MS = 120_000

/** A Buildbot of Debian, its master and a worker, with exactly the files of the page. */
export class RealBuildbot {
  private readonly running: Running[] = []

  private constructor(private readonly scratch: Scratch) {}

  static async start(
    scratch: Scratch,
    { repository, serve, secret }: { repository: string; serve: string; secret: string },
  ): Promise<RealBuildbot> {
    const one = new RealBuildbot(scratch)
    const port = await freePort()
    const master = join(scratch.path, 'master')
    const worker = join(scratch.path, 'worker')
    const env = { REPOSITORY: repository, SERVE: serve, WORKER_PORT: `tcp:${port}:interface=127.0.0.1` }
    const run = (program: string, ...args: string[]) =>
      execFileSync(program, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
    run('buildbot', 'create-master', '--quiet', master)
    for (const name of ['master.cfg', 'lockstep_report.py'])
      scratch.write(join('master', name), blockOf(name))
    mkdirSync(join(master, 'secrets'), { mode: 0o700 })
    scratch.write('master/secrets/lockstep', secret, 0o600)
    scratch.write('master/secrets/worker', 'a password of the worker', 0o600)
    run('buildbot', 'checkconfig', master)
    run(
      'buildbot-worker',
      'create-worker',
      '--quiet',
      worker,
      `127.0.0.1:${port}`,
      'one',
      'a password of the worker',
    )
    try {
      one.run('buildbot', master, env)
      await one.until('BuildMaster is running')
      one.run('buildbot-worker', worker, {})
      await one.until("Got workerinfo from 'one'")
      // What the first look finds is where it begins from; the second one begins once the first is over.
      await one.until('gitpoller: processing changes', 2)
    } catch (error) {
      await one.stop()
      throw error
    }
    return one
  }

  private run(program: string, folder: string, env: Readonly<Record<string, string>>): void {
    this.running.push(
      start(program, ['start', '--nodaemon', folder], join(this.scratch.path, 'buildbot.log'), env),
    )
  }

  /** The log of the master. */
  log(): string {
    return execFileSync('sh', ['-c', 'cat "$0"/twistd.log', join(this.scratch.path, 'master')], {
      encoding: 'utf8',
    })
  }

  private async until(words: string, times = 1): Promise<void> {
    const [master] = this.running
    if (master === undefined) throw new Error('the master was not started')
    const isThere = async () => {
      try {
        return this.log().split(words).length > times
      } catch {
        return false
      }
    }
    await untilReady('buildbot', master, isThere, READY_WITHIN_MS)
  }

  async stop(): Promise<void> {
    for (const one of this.running.splice(0).reverse()) await one.stop()
  }
}

/** Returns a file of the page. */
export function blockOf(name: string): string {
  const block = readBlocks(PAGE).find(({ marks }) => marks.get('file') === name)
  if (block === undefined) throw new Error(`${PAGE} has no file ${name}`)
  return block.text
}
