import { cpSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { execa } from 'execa'
import { EMBEDDED_FLEET } from '../../simulation/embedded'
import { EmbeddedFleet } from '../../simulation/fleet'
import { parseFaults, readFleetFile } from '../../simulation/fleet_file'
import { SimulatedHaproxy } from '../../simulation/haproxy'
import { systemClock } from '../../system/clock'
import { callOf } from '../call'
import { compiledCopy } from '../compiled_copy'
import { Scratch } from '../scratch'
import { ROOT, type Block } from './blocks'
import { namesIn } from './recorded_output'

const SECRET = 'psk-of-the-pages'
const POOL = 'plugin.activemq.pool'
/** The HAProxy of the pages. */
const HAPROXY = 'host: lb1.example.net, port: 9999'
/** npx without its second of looking around: the programs of the project are on the PATH. */
const NPX = '#!/bin/sh\n[ "$1" != --no-install ] || shift\nexec "$@"\n'

/** The surroundings that a page takes for granted before its first command. */
export type Place = 'a clone' | 'an empty project' | 'a project' | 'a project with a fleet'

/**
 * A folder in which the commands of a page are run, one after the other, as a person would. It has Lockstep and cucumber
 * installed, as in a clone or in a project that depends on them; and, where the page has one, hosts that are elsewhere.
 */
export class PageProject {
  private readonly scratch = new Scratch()
  private readonly folder = join(this.scratch.path, 'deploys')
  private readonly fleet: EmbeddedFleet
  private readonly haproxy: SimulatedHaproxy
  private haproxyPort = 0
  /** The names of runs and plans by those that the page has for them. */
  private readonly names = new Map<string, string>()

  private constructor(faults: string) {
    const fleet = readFleetFile(EMBEDDED_FLEET, parseFaults(faults))
    this.fleet = new EmbeddedFleet({ fleet, collective: 'mcollective', secret: SECRET, clock: systemClock })
    const servers = fleet.hosts.map(({ identity }) => identity).filter((name) => name.startsWith('web'))
    this.haproxy = new SimulatedHaproxy({ backends: { www: servers } })
  }

  static async prepare(place: Place, faults = ''): Promise<PageProject> {
    const project = new PageProject(faults)
    project.install()
    if (place !== 'an empty project')
      project.write('cucumber.js', "module.exports = require('lockstep').profiles()\n")
    if (place === 'a clone')
      cpSync(join(ROOT, 'features', 'deployments'), join(project.folder, 'features', 'deployments'), {
        recursive: true,
      })
    if (place === 'a project with a fleet') await project.startFleet()
    return project
  }

  private install(): void {
    const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>
    }
    const start = scripts['start'] ?? ''
    this.write('package.json', JSON.stringify({ name: 'deploys', private: true, scripts: { start } }))

    this.scratch.write('bin/npx', NPX, 0o755)
    const modules = join(this.folder, 'node_modules')
    mkdirSync(join(modules, '.bin'), { recursive: true })
    const lockstep = compiledCopy()
    symlinkSync(lockstep, join(modules, 'lockstep'))
    symlinkSync(join(ROOT, 'node_modules', '@cucumber'), join(modules, '@cucumber'))
    symlinkSync(
      join(ROOT, 'node_modules', '@cucumber', 'cucumber', 'bin', 'cucumber.js'),
      join(modules, '.bin', 'cucumber-js'),
    )
    this.scratch.write(
      'bin/lockstep',
      `#!/bin/sh\nexec node ${lockstep}/support/bin/lockstep.cjs "$@"\n`,
      0o755,
    )
    symlinkSync(join(this.scratch.path, 'bin', 'lockstep'), join(modules, '.bin', 'lockstep'))
  }

  private async startFleet(): Promise<void> {
    const port = await this.fleet.start()
    this.haproxyPort = await this.haproxy.start()
    this.write(
      'client.cfg',
      `plugin.psk = ${SECRET}\n${POOL}.size = 1\n${POOL}.1.host = 127.0.0.1\n${POOL}.1.port = ${port}\n`,
    )
  }

  write(name: string, text: string): void {
    const places = text.replaceAll(HAPROXY, `host: 127.0.0.1, port: ${this.haproxyPort}`)
    this.scratch.write(join('deploys', name), places, text.startsWith('#!') ? 0o755 : 0o600)
  }

  /** Runs a command in a shell, without the settings of the person who runs the tests. */
  async run(command: string, shown = ''): Promise<{ output: string; exitCode: number | undefined }> {
    const own = [...this.names].reduce((text, [name, actual]) => text.replaceAll(name, actual), command)
    const ended = await this.runHere(own)
    for (const [name, actual] of namesIn(shown, ended.output)) this.names.set(name, actual)
    return ended
  }

  /** Returns an output with the names that the page has for runs and plans. */
  asNamed(output: string): string {
    return [...this.names].reduce((text, [name, actual]) => text.replaceAll(actual, name), output)
  }

  private async runHere(command: string): Promise<{ output: string; exitCode: number | undefined }> {
    const inherited = Object.entries(process.env).filter(
      ([name]) =>
        !/^(?:LOCKSTEP|MCOLLECTIVE|CUCUMBER|GITHUB|GITLAB|npm_|NODE_OPTIONS|NO_COLOR|FORCE_COLOR)/.test(name),
    )
    const { all, exitCode } = await execa('bash', ['-c', command], {
      cwd: this.folder,
      all: true,
      reject: false,
      stdin: 'ignore',
      extendEnv: false,
      env: {
        ...Object.fromEntries(inherited),
        CI: 'true',
        HOME: this.folder,
        USER: 'deploy',
        LOCKSTEP_LOCKS: join(this.scratch.path, 'locks'),
        PATH: [
          join(this.scratch.path, 'bin'),
          join(this.folder, 'node_modules', '.bin'),
          process.env['PATH'],
        ].join(':'),
      },
    })
    // A person does not name the folder of locks, and so no command that is proposed does.
    const locks = join(this.scratch.path, 'locks')
    const output = (all ?? '').replaceAll(`LOCKSTEP_LOCKS=${locks} `, '').replaceAll(` --locks ${locks}`, '')
    return { output, exitCode }
  }

  /**
   * Does what somebody does to the fleet: `install <version> on <host>`, `<host> is mended`.
   * @throws Error for words that mean nothing
   */
  async do({ text, page, line }: Block): Promise<void> {
    const [, version, name = text.split(' ')[0]] = /^install (\S+) on (\S+)$/.exec(text) ?? []
    const host = this.fleet.hosts.find(({ description }) => description.identity === name)
    const install = host?.agents.get('package')?.actions['install']
    if (version !== undefined && install !== undefined)
      await install({ package: 'mywebapp', version }, callOf('install'))
    else if (text === `${name} is mended` && host !== undefined) host.mend()
    else throw new Error(`${page}:${line}: nothing is known of "${text}"`)
  }

  async end(): Promise<void> {
    await this.fleet.stop()
    await this.haproxy.stop()
    this.scratch.remove()
  }
}
