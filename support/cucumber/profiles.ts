import { existsSync, readdirSync, statSync } from 'node:fs'
import { basename, dirname, extname, join, relative } from 'node:path'
import { pathToFileURL } from 'node:url'
import { isLike, nearest } from '../config/nearest'
import { expectOptions } from '../config/settings'
import { formatCucumber } from '../system/commands'
import { EXIT, type LockstepError } from '../system/errors'
import { REPORTS } from '../run/report_files'
import { MODES, PROFILES, type Mode, type ProfileName } from '../run/modes'
import type { RunParameters } from '../run/parameters'
import { makeFolder } from '../system/folders'

export interface ProfileOptions {
  /** A team's own step definitions, as cucumber's `require` takes them. */
  require?: readonly string[]
  /** Step definitions that are ES modules, as cucumber's `import` takes them. */
  import?: readonly string[]
  /** Modules to load first, such as ts-node/register for steps in TypeScript. */
  requireModule?: readonly string[]
  /** The path of the embedded fleet's description. */
  fleet?: string
  /** The team's own profiles, beside Lockstep's. */
  own?: Readonly<Record<string, object>>
}

const root = join(__dirname, '..', '..')

/** Returns Lockstep's own code, as one pattern for each file. */
function glue(): string[] {
  const own = ['team_code', 'hooks', 'parameter_types'].map((name) => require.resolve(join(__dirname, name)))
  const extension = extname(__filename)
  const folder = join(root, 'step_definitions')
  const steps = readdirSync(folder).filter(
    (name) => name.endsWith(extension) && !name.endsWith(`.d${extension}`),
  )
  return [...own, ...steps.sort().map((name) => join(folder, name))].map(asPattern)
}

/**
 * Returns the address of a module that cucumber imports. Signs in a path may mean something else in an import, so such
 * a path becomes a URL.
 */
function moduleUrl(name: string): string {
  const path = join(__dirname, name)
  return /^[\w/.@+-]+$/.test(path) ? path : pathToFileURL(path).href
}

/**
 * Returns a file's path as cucumber takes it, which is for a pattern. The pattern is relative, so that no name of a
 * folder above the project is part of it.
 */
function asPattern(path: string): string {
  const pattern = relative(process.cwd(), path).replace(/[[\]*?]/g, '[$&]')
  if (/\{[^}]*(?:,|\.\.)[^}]*\}|[+@!]\(/.test(pattern))
    refuse(`cucumber takes the name of a folder for a pattern: ${path}; give that folder another name`)
  return pattern
}

/**
 * Returns the profiles of a cucumber.js.
 * `default` is embedded and harmless, `live` goes to the fleet, `rehearse` is embedded, also with faults. `idempotence`
 * stands beside another profile: the same run again has to change nothing. `plan` and `drift` go to the fleet and
 * change nothing; `lint` only reads features; `ci` lints them, and then rehearses those in which it finds no error.
 * A run in parallel, one with retries, and one on the fleet that names no feature are refused at once. A CommonJS file
 * exports the profiles as they are, an ES module a function that returns them.
 */
export function profiles(options: ProfileOptions = {}) {
  refuseUnknown(options)
  const common = {
    requireModule: [...(options.requireModule ?? [])],
    require: [...glue(), ...(options.require ?? [])],
    ...(options.import === undefined ? {} : { import: [...options.import] }),
    plugin: [moduleUrl('plugin.cjs')],
    failFast: true,
    tags: 'not @behaviour and not @rehearse',
    retry: 0,
    parallel: 0,
    publishQuiet: true,
  }
  const fleet = options.fleet === undefined ? {} : { fleet: options.fleet }
  const reports = () => {
    makeReportsFolder()
    return [[moduleUrl('terminal.cjs')]]
  }
  const own = (name: ProfileName) => {
    const { mode, lints } = PROFILES[name]
    if (mode === undefined) return { worldParameters: { idempotence: true } }
    const { target, parameters } = MODES[mode]
    const more = target === 'embedded' ? fleet : {}
    const output =
      target === 'none' ? { dryRun: true, format: [[moduleUrl('reading.cjs')]] } : { format: reports() }
    return { ...common, ...output, ...told({ ...parameters, ...more }, lints ? { lint: true } : {}) }
  }
  const all = {
    ...options.own,
    ...Object.fromEntries(PROFILE_NAMES.map((name) => [name, own(name)] as const)),
  }
  refuseNamesOfOurs(Object.keys(options.own ?? {}))
  refuseWhatMustNotBe(process.argv.slice(2), Object.keys(all))
  return refusedAsOneProfile(all)
}

/**
 * Returns the profiles, refusing the use of all of them as one. Cucumber takes an object that an ES module exports by
 * default for one profile. It passes over everything there that it does not know, and would run features without any
 * step. Cucumber reads `paths` of a profile, and of nothing else.
 */
function refusedAsOneProfile<Profiles extends object>(all: Profiles): Profiles {
  const get = () =>
    refuse(
      'the configuration is an ES module, which exports a function: export default () => profiles(…); nothing was sent',
    )
  return Object.defineProperty(all, 'paths', { get, enumerable: false })
}

/** Refuses profiles of a team with names of Lockstep's. Lockstep's would be used in their place, without a word. */
function refuseNamesOfOurs(names: readonly string[]): void {
  const taken = names.find(isOwn)
  if (taken !== undefined)
    refuse(
      `the profile ${taken} is Lockstep's; give the one of your own another name: profiles({ own: { … } })`,
    )
}

function refuseWhatMustNotBe(args: readonly string[], known: readonly string[]): void {
  const has = (name: string) => args.some((arg) => arg === name || arg.startsWith(`${name}=`))
  const chosen = profilesIn(args)
  const unknown = chosen.find((name) => !known.includes(name))
  if (unknown !== undefined)
    refuse(
      `there is no profile ${JSON.stringify(unknown)}; the closest one is ${closestProfile(unknown, known)}; there are: ${known.join(', ')}`,
    )
  const [beside] = chosen
  if (beside !== undefined && chosen.every((name) => isOwn(name) && PROFILES[name].mode === undefined))
    refuse(
      `the profile ${beside} stands beside another one: -p live -p ${beside}, or -p default -p ${beside}`,
    )
  if (has('--parallel')) {
    refuse('rollouts do not run in parallel: each step fans out by itself; leave out --parallel')
  }
  if (has('--retry')) refuse('a rollout is not retried: a retried step is a second deploy; leave out --retry')
  const named = pathsIn(args)
  const odd = named.find((path) => PATTERN.test(path) && existsSync(path))
  if (odd !== undefined)
    refuse(`cucumber takes the name of ${odd} for a pattern, and does not find it; give it another name`)
  const missing = named.find((path) => !PATTERN.test(path) && !existsSync(path))
  if (missing !== undefined) refuse(`there is no such file: ${missing}${closestTo(missing)}`)
  const far = chosen.find((name) => isOwn(name) && needsFeature(PROFILES[name].mode))
  if (far !== undefined && !named.some((path) => path.endsWith('.feature'))) {
    refuse(
      `the profile ${far} names its feature: ${formatCucumber(`-p ${far} features/deployments/website.feature`)}`,
    )
  }
}

function refuseUnknown(options: object): void {
  try {
    expectOptions('option of profiles()', options, OPTIONS)
  } catch (error) {
    refuse((error as LockstepError).message)
  }
}

const OPTIONS = Object.keys({
  require: true,
  import: true,
  requireModule: true,
  fleet: true,
  own: true,
} satisfies Record<keyof ProfileOptions, true>)
/** Matches the options that are followed by a value of their own. */
const WITH_VALUE =
  /^(?:-[cfilprt]|--(?:config|exit-code|fail-on|format|format-options|i18n-keywords|import|language|loader|name|order|parallel|plugin|plugin-options|profile|require|require-module|retry|retry-tag-filter|shard|tags|world-parameters))$/

/** Matches a path that stands for other names than its own, and may well stand for none. */
const PATTERN = /[*?[]|[+@!]\(|\{[^}]*(?:,|\.\.)[^}]*\}/

/** Returns the files and folders that are named on the command line, without the lines in them. */
function pathsIn(args: readonly string[]): string[] {
  const named = args.filter((arg, index) => !arg.startsWith('-') && !WITH_VALUE.test(args[index - 1] ?? ''))
  return named.map((arg) => arg.replace(/(?::\d+)+$/, ''))
}

function closestTo(missing: string): string {
  const folder = dirname(missing)
  if (!existsSync(folder) || !statSync(folder).isDirectory()) return ''
  const there = readdirSync(folder).filter((name) => name.endsWith('.feature'))
  const meant = nearest(basename(missing), there)
  return isLike(basename(missing), meant) ? `; the closest one is ${join(folder, meant)}` : ''
}

const PROFILE_NAMES = Object.keys(PROFILES) as ProfileName[]

function isOwn(name: string): name is ProfileName {
  return Object.hasOwn(PROFILES, name)
}

function needsFeature(mode: Mode | undefined): boolean {
  return mode !== undefined && MODES[mode].needsFeature
}

/** Returns the profile whose name, or another word for it, is the nearest to a name. */
function closestProfile(name: string, known: readonly string[]): string {
  const words = PROFILE_NAMES.flatMap((each) =>
    [each, ...PROFILES[each].alsoCalled].map((word) => [word, each] as const),
  )
  const all = new Map<string, string>([...words, ...known.map((each) => [each, each] as const)])
  return all.get(nearest(name, [...all.keys()])) ?? name
}

/**
 * Returns the parameters of a run for hooks and for the plugin. Hooks get them as world parameters; the plugin, which
 * exists before them, cannot.
 */
function told(parameters: RunParameters, more: { lint?: boolean } = {}) {
  return { worldParameters: parameters, pluginOptions: { lockstep: { ...parameters, ...more } } }
}

function makeReportsFolder(): void {
  try {
    makeFolder(REPORTS)
  } catch (error) {
    refuse(`reports cannot be written here: ${(error as Error).message}`)
  }
}

function profilesIn(args: readonly string[]): string[] {
  return args.flatMap((arg, index) => {
    if (arg === '-p' || arg === '--profile') return [args[index + 1] ?? '']
    const [, name] = /^(?:--profile=|-p=?)([^-].*)$/.exec(arg) ?? []
    return name === undefined ? [] : [name]
  })
}

function refuse(sentence: string): never {
  process.stderr.write(`${sentence}\n`)
  process.exit(EXIT.invalid)
}
