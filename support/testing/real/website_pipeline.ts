import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, chownSync, mkdirSync, readdirSync, readFileSync, statSync, type Dirent } from 'node:fs'
import { join } from 'node:path'
import { compiledCopy } from '../compiled_copy'
import { GitRepository } from '../git_repository'
import { Scratch } from '../scratch'
import { startActivemq, type RealBroker } from './brokers'
import { RealFleet } from './mcollectived'
import { freePort, start, untilReady, type Running } from './processes'
import { LOCKSTEP } from './program'

const COMPILED = compiledCopy()
const USER = 'nobody'
const LOOK_EVERY_MS = 2_000
/** Becomes a program, on a machine of a name. */
const IN_MACHINE = 'hostname "$0" && exec "$@"'
export const CLASS = 'roles::website'
export const WEB = ['web1', 'web2', 'web3'].map((name) => `${name}.example.net`)
export const DB = ['db1', 'db2', 'db3'].map((name) => `${name}.example.net`)

/** The words of `lockstep pipeline --json` on one plan. */
export interface ShownPlan {
  run: string
  state: string
  plan: string | null
  why: string | null
  over: string | null
  approved: { by: string | null } | null
  rollout: { run: string; state: string; verdict: string | null; why: string | null } | null
}

/** The act that follows a success, beside a fetch. */
export interface Deployed {
  act: 'plan' | 'approval' | 'run without approval'
  /** The user of builds; needed where something is rolled out. */
  user: string
}

/** The words of `lockstep pipeline --json` on one commit. */
export interface ShownCommit {
  commit: string
  build: { state: string } | null
  plans: ShownPlan[]
  fetches: { environment: string; answered: { has: { count: number }; missing: { why: string }[] } | null }[]
}

/**
 * A website from a push to its hosts, all real: a bare repository with the hook, a git daemon, `lockstep serve`,
 * ActiveMQ, and six hosts with our daemon, three of which have the class of the website.
 */
export class WebsitePipeline {
  readonly scratch = new Scratch()
  readonly website: GitRepository
  private gitDaemon: Running | undefined
  private serving: Running | undefined
  private readonly daemons = new Map<string, Running>()

  private constructor(
    readonly broker: RealBroker,
    readonly fleet: RealFleet,
    scratch: Scratch,
    readonly ports: { git: number; serve: number },
    /** The key of lockstep.yaml for pages, if there are some. */
    private readonly console: string,
  ) {
    this.scratch = scratch
    this.website = new GitRepository(scratch.path)
  }

  /** Starts all of it. `scripts` returns what the pre script and the post script of a host are, as texts of the shell. */
  static async start({
    haproxy,
    scripts,
    deployed,
    feature,
    people,
  }: {
    /** The line of lockstep.yaml for a balancer, if there is one. */
    haproxy?: string
    scripts: (host: string, path: string) => { pre: string; post: string }
    /** The deploy by deploy.feature, if there is one, and its text. */
    deployed?: Deployed
    feature?: string
    /** Those who log in on pages, with the password that they share, and what they may do. */
    people?: { names: readonly string[]; password: string; policy: string }
  }): Promise<WebsitePipeline> {
    const scratch = new Scratch()
    chmodSync(scratch.path, 0o755)
    const [git, serve] = await Promise.all([freePort(), freePort()])
    const broker = await startActivemq(scratch)
    const fleet = new RealFleet(scratch, broker, 'psk')
    const pipeline = new WebsitePipeline(
      broker,
      fleet,
      scratch,
      { git, serve },
      people === undefined ? '' : 'console: { people: people.yaml, policy: policy.txt }\n',
    )
    pipeline.startGit()
    if (feature !== undefined) scratch.write('deploy.feature', feature)
    pipeline.configure(haproxy, deployed)
    if (people !== undefined) {
      scratch.write('policy.txt', people.policy)
      const places = ['--config', join(scratch.path, 'lockstep.yaml'), '--state', join(scratch.path, 'state')]
      for (const name of people.names)
        execFileSync(process.execPath, [LOCKSTEP, 'user', 'add', name, ...places], {
          input: `${people.password}\n`,
        })
    }
    const [uid = 0, gid = 0] = ['-u', '-g'].map((of) =>
      Number(execFileSync('id', [of, USER], { encoding: 'utf8' })),
    )
    for (const host of [...WEB, ...DB]) {
      mkdirSync(pipeline.folder(host), { recursive: true })
      chownSync(pipeline.folder(host), uid, gid)
      for (const [kind, text] of Object.entries(scripts(host, scratch.path)))
        scratch.write(join('scripts', `${host}.${kind}`), `#!/bin/sh\n${text}\n`, 0o755)
      await pipeline.startDaemon(host)
    }
    pipeline.lockstep('hook', '--install', pipeline.website.url)
    await pipeline.serve()
    return pipeline
  }

  /** Stops all that was started, also where the start came only half way. */
  async stop(): Promise<void> {
    await this.serving?.stop()
    await this.fleet.stop()
    await this.broker.stop()
    await this.gitDaemon?.stop()
    this.scratch.remove()
  }

  /** Writes lockstep.yaml, and what a deploy needs beside it. `lockstep serve` reads it when it starts. */
  configure(haproxy: string | undefined, deployed: Deployed | undefined, environment = ''): void {
    if (deployed !== undefined) this.prepareDeploys()
    const rows = [...WEB.map((host) => `${host},${CLASS}\n`), ...DB.map((host) => `${host},roles::db\n`)]
    this.scratch.write('hosts.csv', `host,role\n${rows.join('')}`)
    this.scratch.write(
      'lockstep.yaml',
      `environments:
  test:
    client_config: ${this.fleet.clientCfg}
    inventory: [{ csv: hosts.csv }]
    timeouts: { default: 60 seconds }
${environment}${haproxy === undefined ? '' : `    ${haproxy}\n`}pipeline:
  spool: spool
  listen: { port: ${this.ports.serve} }
  repositories:
    website:
      url: ${this.website.url}
      branches: [main]
      tags: [v*]
      trigger: [hook]
      ci: { command: [sh, test.sh]${deployed === undefined ? '' : `, user: ${deployed.user}`} }
      hosts: { class: ${CLASS} }
${deployed === undefined ? '' : '      deploy: deploy.feature\n'}      after_success: { test: ${deployed?.act ?? 'fetch'} }
${this.console}`,
    )
  }

  /** A build of another user reads neither the state nor the password of the broker. */
  private prepareDeploys(): void {
    const profiles = join(COMPILED, 'support', 'cucumber', 'profiles')
    this.scratch.write('cucumber.js', `module.exports = require(${JSON.stringify(profiles)}).profiles()\n`)
    mkdirSync(join(this.scratch.path, 'state'), { recursive: true, mode: 0o700 })
    chmodSync(this.fleet.clientCfg, 0o600)
  }

  /** The folder of the locks of this fleet alone: hosts of other suites have the same names. */
  get locks(): string {
    return join(this.scratch.path, 'locks')
  }

  folder(host: string): string {
    return join(this.scratch.path, 'srv', host)
  }

  async startDaemon(host: string): Promise<void> {
    const script = (kind: string) => join(this.scratch.path, 'scripts', `${host}.${kind}`)
    const cfg = `plugin.git.repositories = website
plugin.git.website.url = git://127.0.0.1:${this.ports.git}/website.git
plugin.git.website.folder = ${this.folder(host)}
plugin.git.website.user = ${USER}
plugin.git.website.pre = ${script('pre')}
plugin.git.website.post = ${script('post')}
`
    const classes = WEB.includes(host) ? CLASS : 'roles::db'
    this.daemons.set(host, (await this.fleet.addOurs(host, { classes, cfg })).running)
  }

  async stopDaemon(host: string): Promise<void> {
    await this.daemons.get(host)?.stop()
  }

  startGit(): void {
    const { path } = this.scratch
    const args = ['--listen=127.0.0.1', `--port=${this.ports.git}`, `--base-path=${path}`, '--export-all']
    const log = join(path, 'git-daemon.log')
    this.gitDaemon = start('/usr/lib/git-core/git-daemon', [...args, '--reuseaddr'], log)
  }

  async stopGit(): Promise<void> {
    await this.gitDaemon?.stop()
  }

  /** Starts `lockstep serve`; with a name, on another machine of that name, which sees no process of this one. */
  async serve(machine?: string): Promise<void> {
    const { path } = this.scratch
    const args = ['serve', '--config', join(path, 'lockstep.yaml'), '--state', join(path, 'state')]
    const there = ['--uts', '--pid', '--fork', '--kill-child', '--mount-proc', 'sh', '-c', IN_MACHINE]
    const [program = '', ...words] = [
      ...(machine === undefined ? [] : ['unshare', ...there, machine]),
      process.execPath,
      LOCKSTEP,
      ...args,
    ]
    const serving = start(program, words, join(path, 'serve.log'), {
      LOCKSTEP_LOCKS: this.locks,
    })
    this.serving = serving
    const isUp = async () =>
      (await fetch(`http://127.0.0.1:${this.ports.serve}/healthz`).catch(() => undefined))?.status === 200
    await untilReady('lockstep serve', serving, isUp, 120_000)
  }

  /** Ends `lockstep serve` at once. */
  async killServe(): Promise<void> {
    await this.serving?.stop('SIGKILL')
  }

  /** Tells `lockstep serve` to end, and resolves with its exit status. */
  async endServe(): Promise<number | null> {
    await this.serving?.stop()
    return this.serving?.child.exitCode ?? null
  }

  lockstep(...args: string[]): { text: string; stdout: string; status: number | null } {
    const { stdout, stderr, status } = spawnSync(process.execPath, [LOCKSTEP, ...args], {
      cwd: this.scratch.path,
      encoding: 'utf8',
      env: { ...process.env, LOCKSTEP_STATE: 'state', LOCKSTEP_LOCKS: this.locks },
    })
    return { text: `${stdout}${stderr}`, stdout, status }
  }

  /** Commits a test and a page, and pushes both to main and to a tag. Returns the id of the commit. */
  push(tag: string, test: string): string {
    const commit = this.website.commit({ 'test.sh': test, 'index.html': tag })
    this.website.git('push', '--quiet', this.website.url, 'HEAD:refs/heads/main', `HEAD:refs/tags/${tag}`)
    return commit
  }

  commits(): ShownCommit[] {
    const { stdout } = this.lockstep('pipeline', '--json')
    return (JSON.parse(stdout) as { repositories: { commits: ShownCommit[] }[] }).repositories.flatMap(
      (each) => each.commits,
    )
  }

  shown(commit: string): ShownCommit | undefined {
    return this.commits().find((each) => each.commit === commit)
  }

  /** Returns the last answers of hosts about a commit; undefined until there are some. */
  answered(commit: string) {
    return this.shown(commit)?.fetches[0]?.answered ?? undefined
  }

  /** Returns the hosts that have a commit at a tag, as their own files say. */
  holders(tag: string, commit: string): string[] {
    return [...WEB, ...DB].filter((host) => {
      const git = ['-c', 'safe.directory=*', `--git-dir=${join(this.folder(host), 'repository.git')}`]
      const at = spawnSync('git', [...git, 'rev-parse', '--verify', '--quiet', `refs/tags/${tag}^{commit}`], {
        encoding: 'utf8',
      })
      return at.stdout.trim() === commit
    })
  }

  /**
   * Waits until something is so.
   * @throws Error after three minutes, with what the pipeline and `lockstep serve` say
   */
  async until(what: string, isSo: () => boolean): Promise<void> {
    const end = Date.now() + 180_000
    for (let seen = this.written(); !isSo(); seen = await this.nextLook(seen))
      if (Date.now() > end)
        throw new Error(
          `never: ${what}\n${this.lockstep('pipeline').text}\n${readFileSync(join(this.scratch.path, 'serve.log'), 'utf8')}`,
        )
  }

  /** Waits until something new is written, or for some time: each look is a process that takes time from what is waited for. */
  private async nextLook(seen: number): Promise<number> {
    const end = Date.now() + LOOK_EVERY_MS
    do await new Promise((done) => setTimeout(done, 100))
    while (this.written() === seen && Date.now() < end)
    return this.written()
  }

  /** Returns the number of bytes and files below the state, which grows with all that happens. */
  private written(): number {
    const files = (folder: string): number =>
      entriesOf(folder).reduce((sum, each) => {
        const path = join(folder, each.name)
        const size = each.isDirectory() ? files(path) : (statSync(path, { throwIfNoEntry: false })?.size ?? 0)
        return sum + size + 1
      }, 0)
    return files(join(this.scratch.path, 'state'))
  }

  async untilEverywhere(commit: string): Promise<void> {
    await this.until('all three have it', () => this.answered(commit)?.has.count === 3)
  }
}

/** Returns what is in a folder, or nothing where it is gone meanwhile. */
function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
  } catch {
    return []
  }
}
