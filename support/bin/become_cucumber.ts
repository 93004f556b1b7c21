import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, parse, resolve } from 'node:path'
import { BEGUN_WITH, formatBegunWith } from '../run/begun_with'
import { argsOfCall, type FeatureCommand } from '../run/feature_call'
import { isProfileName } from '../run/modes'
import { faultOfChoice } from '../run/scenario_choice'
import { formatLockstep } from '../system/commands'
import { EXIT, LockstepError } from '../system/errors'
import type { Call, Handover } from './command'

interface Options {
  tags: readonly string[]
  name: readonly string[]
  profile: readonly string[]
  'cucumber-config': string | undefined
  idempotence?: boolean
  json: boolean
}

/**
 * Returns how this process becomes the project's own cucumber-js. A process of its own would get a Ctrl-C twice, from
 * the terminal and from this one; so there is one, with cucumber's signals, outputs and exit status.
 * @throws LockstepError `bad-config` where no configuration of cucumber is
 */
export function becomeCucumber(command: FeatureCommand): (call: Call<Options>) => Handover {
  return ({ cwd, env, args, options }) => {
    expectNoCucumber(env['LOCKSTEP_CONFIG'] ?? '')
    const {
      tags,
      name: names,
      profile: profiles,
      'cucumber-config': config,
      idempotence = false,
      json,
    } = options
    expectConfiguration(config, cwd)
    expectChoice(tags, names)
    expectOwnProfiles(profiles)
    return {
      program: cucumberOf(cwd),
      args: argsOfCall({ command, features: args, tags, names, profiles, config, idempotence }),
      env: { [BEGUN_WITH]: formatBegunWith({ command, json }) },
      json,
      onExit: expectTakenPart(command),
    }
  }
}

/** Refuses a success in which nothing of Lockstep took part: a profile of the same name may be a team's own. */
function expectTakenPart(command: FeatureCommand): () => void {
  return () => {
    if (process.env[BEGUN_WITH] === undefined || process.exitCode === EXIT.invalid) return
    process.stderr.write(
      `lockstep ${command}: nothing of Lockstep took part, so nothing was judged; the configuration of cucumber cannot be loaded, or has no such profile of Lockstep's; ${formatLockstep('init')} says what it needs\n`,
    )
    process.exitCode = EXIT.invalid
  }
}

function expectChoice(tags: readonly string[], names: readonly string[]): void {
  const fault = faultOfChoice(tags, names)
  if (fault !== undefined) throw new LockstepError('bad-input', fault)
}

function expectOwnProfiles(profiles: readonly string[]): void {
  const odd = profiles.find(isProfileName)
  if (odd === undefined) return
  throw new LockstepError(
    'bad-input',
    `--profile adds a profile of a team's own, and ${odd} is one of Lockstep's; ${formatLockstep('help')} lists the commands that stand for those; nothing was sent`,
  )
}

function expectNoCucumber(config: string): void {
  if (!/\.[cm]?js$/.test(config)) return
  throw new LockstepError(
    'bad-input',
    `--config names a file in place of lockstep.yaml; a configuration of cucumber is given with --cucumber-config ${config}; nothing was sent`,
  )
}

/** The names of cucumber's configuration, as cucumber looks for them. */
const CONFIGURATIONS = ['js', 'cjs', 'mjs', 'json', 'yaml', 'yml'].map((extension) => `cucumber.${extension}`)

function expectConfiguration(named: string | undefined, cwd: string): void {
  const names = named === undefined ? CONFIGURATIONS : [named]
  const found = names.map((name) => resolve(cwd, name)).find((path) => existsSync(path))
  if (found !== undefined) return expectLockstep(found)
  throw new LockstepError(
    'bad-config',
    named === undefined
      ? `there is no cucumber.js in ${cwd}; go to the folder of your deploys, or let ${formatLockstep('init')} write one; nothing was sent`
      : `there is no configuration of cucumber ${named}; nothing was sent`,
  )
}

/** Refuses a configuration that loads Lockstep from a folder without it: cucumber would say so in a stack trace. */
function expectLockstep(path: string): void {
  if (!/['"]lockstep['"]/.test(readFileSync(path, 'utf8'))) return
  try {
    createRequire(path).resolve('lockstep')
  } catch (error) {
    throw new LockstepError(
      'bad-config',
      `${path} loads the package lockstep, and ${dirname(path)} does not have it; ${formatLockstep('init')} says how both are installed there; nothing was sent`,
      { cause: error },
    )
  }
}

/** Returns cucumber's program: the project's own, or that of Lockstep where the project has none. */
function cucumberOf(cwd: string): string {
  const { dir } = parse(require.resolve('@cucumber/cucumber/package.json', { paths: [cwd, __dirname] }))
  return join(dir, 'bin', 'cucumber.js')
}
