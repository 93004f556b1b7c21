import { existsSync, realpathSync } from 'node:fs'
import { basename, delimiter, dirname, join, relative, sep } from 'node:path'

/** The folder in which a person pastes a command, the folder of the package, and the environment. */
export interface Whereabouts {
  cwd: string
  /** The folder of the package that runs: a clone, or an installed package. */
  root: string
  env: Readonly<Record<string, string | undefined>>
  /** The program that runs; undefined where that does not matter. */
  program: string | undefined
}

/** The settings that say where the fleet and the journals are. A command repeats those that this process was given. */
export const PLACES = [
  'LOCKSTEP_CONFIG',
  'LOCKSTEP_ENVIRONMENT',
  'LOCKSTEP_LOCKS',
  'LOCKSTEP_STATE',
  'MCOLLECTIVE_CONFIG',
  'MCOLLECTIVE_SSL_PUBLIC',
  'MCOLLECTIVE_SSL_PRIVATE',
  'MCOLLECTIVE_AES_PUBLIC',
  'MCOLLECTIVE_AES_PRIVATE',
] as const

/** The settings that say how a rollout goes, beside `PLACES`. */
export const HOW = [
  'LOCKSTEP_ACTIVATE',
  'LOCKSTEP_APPROVAL',
  'LOCKSTEP_INVENTORY',
  'LOCKSTEP_LIMIT',
  'LOCKSTEP_RELEASE',
  'LOCKSTEP_SAFE_MODE',
  'LOCKSTEP_TICKET',
  'LOCKSTEP_VARIABLES',
] as const

/**
 * Formats a call of this very program that works when it is pasted in `cwd`. It is `npx --no-install lockstep` where the
 * program is a dependency of the project, and `lockstep` where the shell finds it. Otherwise it is `node
 * …/lockstep.cjs`, as in a clone, or the program of a package that brings its own Node. It never is a call that
 * fetches a package of that name.
 */
export function formatLockstep(args: string, settings: readonly string[] = [], where = here()): string {
  return [...formatSettings(settings, where), lockstepIn(where), args].filter(Boolean).join(' ')
}

/** Formats a call of cucumber-js that works when it is pasted in `cwd`. `args` are words of a shell. */
export function formatCucumber(args: string, where = here()): string {
  return [cucumberIn(where), args].filter(Boolean).join(' ')
}

/** The words that call the programs in the folder where a process was started, and the settings that it was given. */
export interface Calls {
  cucumber: string
  lockstep: string
  env: Readonly<Record<string, string>>
}

/** Returns how the programs are called in a folder, so that commands for it can be formatted anywhere. */
export function callsIn(where = here()): Calls {
  const env = [...PLACES, ...HOW].flatMap((name) => {
    const value = where.env[name]
    return value === undefined || value === '' ? [] : [[name, value] as const]
  })
  return { cucumber: cucumberIn(where), lockstep: lockstepIn(where), env: Object.fromEntries(env) }
}

/** Formats a call of a rollout with the settings of a process, and with those in `more`, which come first. */
export function formatRollout(
  args: readonly string[],
  more: Readonly<Record<string, string>>,
  { cucumber, env }: Pick<Calls, 'cucumber' | 'env'>,
): string {
  const names = [...new Set([...Object.keys(more), ...PLACES, ...HOW])]
  const settings = formatSettings(names, { env: { ...env, ...more } })
  return [...settings, cucumber, ...args.map(quoteWord)].join(' ')
}

/** Formats a call of the `lockstep` command with the settings that say where the fleet and the journals are. */
export function formatCommand(args: string, { lockstep, env }: Pick<Calls, 'lockstep' | 'env'>): string {
  return [...formatSettings(PLACES, { env }), lockstep, args].join(' ')
}

export function here(): Whereabouts {
  return { cwd: process.cwd(), root: packageRoot(__dirname), env: process.env, program: process.argv[1] }
}

/** Returns the arguments of cucumber-js on its command line; undefined in a process that is not cucumber-js. */
export function argsOfCucumber(argv: readonly string[]): readonly string[] | undefined {
  const [, program = '', ...args] = argv
  return isCucumber(program) ? args : undefined
}

/** Quotes a word so that a POSIX shell reads it back. */
export function quoteWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`
}

function formatSettings(names: readonly string[], { env }: Pick<Whereabouts, 'env'>): string[] {
  return names.flatMap((name) => (env[name] ? [`${name}=${quoteWord(env[name])}`] : []))
}

function lockstepIn(where: Whereabouts): string {
  const program = join(where.root, ...programOf(where.root))
  const programs = [program, ...hostProgram('lockstep', where)]
  const isDependency = foldersUp(where.cwd).some((folder) =>
    isSame(join(folder, 'node_modules', 'lockstep'), where.root),
  )
  if (isDependency && hasBin('lockstep', where)) return 'npx --no-install lockstep'
  if (onPath('lockstep', where).some((found) => programs.some((each) => isSame(found, each))))
    return 'lockstep'
  const [own] = hostProgram('lockstep', where)
  if (own !== undefined) return quoteWord(own)
  return `node ${quoteWord(nearest(program, where.cwd))}`
}

function cucumberIn(where: Whereabouts): string {
  if (hasBin('cucumber-js', where)) return 'npx cucumber-js'
  if (onPath('cucumber-js', where).length > 0) return 'cucumber-js'
  const [own] = hostProgram('cucumber-js', where)
  if (own !== undefined) return quoteWord(own)
  const { program = '' } = where
  const path = isCucumber(program)
    ? program
    : join(where.root, 'node_modules', '@cucumber', 'cucumber', 'bin', 'cucumber.js')
  return `node ${quoteWord(nearest(path, where.cwd))}`
}

/** Returns the program of a package for hosts, which brings its own Node: there may be no `node` beside it. */
function hostProgram(name: string, { root }: Whereabouts): string[] {
  if (basename(dirname(root)) !== 'node_modules') return []
  const own = join(root, '..', '..', 'bin', name)
  return existsSync(own) && existsSync(join(root, '..', '..', 'bin', 'node')) ? [own] : []
}

function isCucumber(program: string): boolean {
  return /[\\/]cucumber(?:-js|\.js)$/.test(program)
}

/** Returns the root of the package: above `dist` in an installed package, above `support` in a clone. */
function packageRoot(folder: string): string {
  return foldersUp(folder).find((each) => existsSync(join(each, 'package.json'))) ?? folder
}

function programOf(root: string): string[] {
  const inSources = ['support', 'bin', 'lockstep.cjs']
  return existsSync(join(root, ...inSources)) ? inSources : ['dist', ...inSources]
}

function hasBin(name: string, { cwd }: Whereabouts): boolean {
  return foldersUp(cwd).some((folder) => existsSync(join(folder, 'node_modules', '.bin', name)))
}

/**
 * Returns the files of a name that the person's shell finds. The shell lacks what npm puts before a person's own PATH.
 */
function onPath(name: string, { env }: Whereabouts): string[] {
  return (env['PATH'] ?? '')
    .split(delimiter)
    .filter((folder) => folder !== '' && !folder.split(sep).includes('node_modules'))
    .map((folder) => join(folder, name))
    .filter((file) => existsSync(file))
}

function foldersUp(folder: string): string[] {
  const above = dirname(folder)
  return above === folder ? [folder] : [folder, ...foldersUp(above)]
}

function isSame(one: string, other: string): boolean {
  try {
    return realpathSync(one) === realpathSync(other)
  } catch {
    return false
  }
}

/** Returns a path as it is or relative to `cwd`, whichever is shorter. */
function nearest(path: string, cwd: string): string {
  const away = relative(cwd, path)
  return away.length < path.length ? away : path
}
