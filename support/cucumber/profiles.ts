import { readdirSync } from 'node:fs'
import { extname, join } from 'node:path'
import { faultOfCommandLine } from '../preflight/command_line'
import { patternFor } from '../preflight/file_patterns'
import { faultOfProfileOptions, type ProfileOptions } from '../preflight/profile_options'
import { PROFILE_NAMES, type ProfileName } from '../run/modes'
import { parametersOf } from '../run/profile_parameters'
import { foldersIn } from '../run/folders'
import { EXIT } from '../system/errors'
import { makeFolder } from '../system/folders'
import { moduleUrl } from './module_url'

/**
 * Returns the profiles of a cucumber.js.
 * `default` is embedded and harmless, `live` goes to the fleet, `rehearse` is embedded, also with faults. `idempotence`
 * stands beside another profile: the same run again has to change nothing. `plan` and `drift` go to the fleet and
 * change nothing; `lint` only reads features; `ci` lints them, and then rehearses those in which it finds no error.
 * A run in parallel, one with retries, and one on the fleet that names no feature are refused at once. A CommonJS file
 * exports the profiles as they are, an ES module a function that returns them.
 */
export function profiles(options: ProfileOptions = {}) {
  const fault = faultOfProfileOptions(options)
  if (fault !== undefined) refuse(fault)
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
  const own = (name: ProfileName) => {
    const { onlyReads, worldParameters, pluginOptions } = parametersOf(name, options.fleet)
    if (pluginOptions === undefined) return { worldParameters }
    if (!onlyReads) makeReportsFolder()
    const output = onlyReads
      ? { dryRun: true, format: [[moduleUrl('reading.cjs')]] }
      : { format: [[moduleUrl('terminal.cjs')]] }
    return { ...common, ...output, worldParameters, pluginOptions }
  }
  const all = {
    ...options.own,
    ...Object.fromEntries(PROFILE_NAMES.map((name) => [name, own(name)] as const)),
  }
  const misuse = faultOfCommandLine(process.argv.slice(2), Object.keys(all))
  if (misuse !== undefined) refuse(misuse)
  return refusedAsOneProfile(all)
}

/** Returns Lockstep's own code, as one pattern for each file. */
function glue(): string[] {
  const own = ['team_code', 'hooks', 'parameter_types'].map((name) => require.resolve(join(__dirname, name)))
  const extension = extname(__filename)
  const folder = join(__dirname, '..', '..', 'step_definitions')
  const steps = readdirSync(folder).filter(
    (name) => name.endsWith(extension) && !name.endsWith(`.d${extension}`),
  )
  const files = [...own, ...steps.sort().map((name) => join(folder, name))]
  return files.map(
    (path) =>
      patternFor(path, process.cwd()) ??
      refuse(`cucumber takes the name of a folder for a pattern: ${path}; give that folder another name`),
  )
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
