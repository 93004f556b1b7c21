import { readdirSync } from 'node:fs'
import { extname, join, relative } from 'node:path'
import { expectOptions } from '../config/settings'
import { faultOfCommandLine } from '../preflight/command_line'
import { EXIT, type LockstepError } from '../system/errors'
import { foldersIn } from '../run/folders'
import { isProfileName, MODES, PROFILE_NAMES, PROFILES, type ProfileName } from '../run/modes'
import type { RunParameters } from '../run/parameters'
import { makeFolder } from '../system/folders'
import { moduleUrl } from './module_url'

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
  const fault = faultOfCommandLine(process.argv.slice(2), Object.keys(all))
  if (fault !== undefined) refuse(fault)
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
  const taken = names.find(isProfileName)
  if (taken !== undefined)
    refuse(
      `the profile ${taken} is Lockstep's; give the one of your own another name: profiles({ own: { … } })`,
    )
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
/**
 * Returns the parameters of a run for hooks and for the plugin. Hooks get them as world parameters; the plugin, which
 * exists before them, cannot.
 */
function told(parameters: RunParameters, more: { lint?: boolean } = {}) {
  return { worldParameters: parameters, pluginOptions: { lockstep: { ...parameters, ...more } } }
}

function makeReportsFolder(): void {
  try {
    makeFolder(foldersIn(process.env).reports)
  } catch (error) {
    refuse(`reports cannot be written here: ${(error as Error).message}`)
  }
}

function refuse(sentence: string): never {
  process.stderr.write(`${sentence}\n`)
  process.exit(EXIT.invalid)
}
