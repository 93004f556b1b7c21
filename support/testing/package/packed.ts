import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { Scratch } from '../scratch'

export const ROOT = resolve(__dirname, '..', '..', '..')
const QUIET = ['--no-fund', '--no-audit', '--loglevel=error', '--prefer-offline']

const { peerDependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  peerDependencies: Record<string, string>
}
const ranges = (peerDependencies['@cucumber/cucumber'] ?? '').split('||').map((range) => range.trim())

/** The lowest version of the peer range, and its last range, of which npm takes the highest. */
const CUCUMBERS = { lowest: (ranges[0] ?? '').replace(/^\^/, ''), highest: ranges.at(-1) ?? '' }
export type Cucumber = keyof typeof CUCUMBERS

/** The highest version that npm takes on the Node that runs the tests: cucumber 13 has left Node 20 behind. */
export const USUAL: Cucumber = process.versions.node.startsWith('20.') ? 'lowest' : 'highest'

/**
 * Packed and installed folders, which stay as they are for all suites of one process. Each suite copies those that it
 * changes.
 */
const shared = new Map<string, string>()
let scratch: Scratch | undefined
after(() => scratch?.remove())

function once(name: string, make: (folder: string) => void): string {
  const known = shared.get(name)
  if (known !== undefined) return known
  scratch ??= new Scratch()
  scratch.write(join(name, 'package.json'), '{ "name": "deploys", "private": true }')
  const folder = join(scratch.path, name)
  make(folder)
  shared.set(name, folder)
  return folder
}

/** Returns the path of the tarball of this repository. */
export function tarball(): string {
  const folder = once('packed', (into) => {
    const args = ['pack', '--silent', '--pack-destination', into]
    const name = execFileSync('npm', args, { cwd: ROOT, encoding: 'utf8' }).trim().split('\n').at(-1) ?? ''
    renameSync(join(into, name), join(into, 'lockstep.tgz'))
  })
  return join(folder, 'lockstep.tgz')
}

/** Returns a project that has installed the tarball and a cucumber. It belongs to all suites: none writes there. */
export function installedWith(cucumber: Cucumber): string {
  return once(cucumber, (folder) => install(folder, [tarball(), `@cucumber/cucumber@${CUCUMBERS[cucumber]}`]))
}

/** Returns a project that has installed the tarball, the usual cucumber and tsx. */
export function installedWithTsx(): string {
  return once('tsx', (folder) => {
    copyInstalled(installedWith(USUAL), folder)
    install(folder, ['tsx'])
  })
}

/** Returns the program of another Node, as npm's package `node` brings it. */
export function nodeOf(major: number): string {
  if (process.versions.node.startsWith(`${major}.`)) return process.execPath
  const folder = once(`node-${major}`, (into) => install(into, [`node@${major}`]))
  return join(folder, 'node_modules', 'node', 'bin', 'node')
}

/**
 * Copies a project that has its tarball beside it. Its modules are hard links, which npm replaces and never writes to.
 */
export function copyInstalled(from: string, to: string): void {
  execFileSync('cp', ['-al', join(from, 'node_modules'), to])
  for (const name of ['package.json', 'package-lock.json']) {
    const text = readFileSync(join(from, name), 'utf8')
    writeFileSync(join(to, name), text.replaceAll(/file:[^"]*lockstep\.tgz/g, `file:${tarball()}`))
  }
}

function install(cwd: string, packages: readonly string[]): void {
  execFileSync('npm', ['install', ...QUIET, ...packages], { cwd, stdio: ['ignore', 'ignore', 'inherit'] })
}

export interface Done {
  status: number | null
  output: string
}

/** Runs a program as a CI system does, without the settings of the user who runs the tests. */
export function run(cwd: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Done {
  const [program = '', ...rest] = args
  const done = spawnSync(program, rest, { cwd, encoding: 'utf8', env: { ...cleanEnv(cwd), ...env } })
  return { status: done.status, output: done.stdout + done.stderr }
}

/** Runs lines as a shell of a CI system does: the first that fails ends them. */
export function shell(
  lines: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>> = {},
): Done {
  return run(cwd, [...SHELL, lines.join('\n')], env)
}

export const SHELL = ['bash', '--noprofile', '--norc', '-e', '-o', 'pipefail', '-c'] as const

/**
 * Returns the environment of the user who runs the tests, without settings for Lockstep, npm's programs or a CI system.
 */
export function cleanEnv(cwd: string): Record<string, string> {
  const foreign =
    /^(?:LOCKSTEP|MCOLLECTIVE|GITHUB|GITLAB|TS_NODE|INIT_CWD|npm_|NODE_OPTIONS|FORCE_COLOR|NO_COLOR)/
  const inherited = Object.entries(process.env).flatMap(([name, value]) =>
    foreign.test(name) || value === undefined ? [] : [[name, value] as const],
  )
  return {
    ...Object.fromEntries(inherited),
    CI: 'true',
    npm_config_prefer_offline: 'true',
    LOCKSTEP_LOCKS: join(cwd, '..', '.locks'),
  }
}
