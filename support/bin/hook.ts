import { basename, resolve } from 'node:path'
import { readSpoolSetting } from '../config/pipeline_setting'
import { hookScript } from '../pipeline/hook_script'
import { installHook, type InstalledHook } from '../pipeline/install_hook'
import { configPath, surroundingsOf } from '../run/parameters'
import { LockstepError } from '../system/errors'
import { REPOSITORY_NAME } from '../system/git_names'
import type { Call, Outcome } from './command'

interface Options {
  install: string | undefined
  gitolite: string | undefined
  repository: string | undefined
  spool: string | undefined
  print: boolean
  warn: readonly string[]
  strict: boolean
}

const USUAL_SPOOL = '/var/spool/lockstep'

/** Installs the hook of a repository, or prints it. With `verify`, it is about the hook that checks pushes. */
export function hook(call: Call<Options>): Outcome | Promise<Outcome> {
  expectFitting(call)
  return call.args[0] === 'verify' ? verifier().verify(call) : hookOfSpool(call)
}

/** The checks are loaded only where they are needed. */
function verifier() {
  return require('./verify') as typeof import('./verify')
}

/** Refuses an option of the other hook: it would be left out without a word. */
function expectFitting({ args, options }: Call<Options>): void {
  const { repository, spool, warn, strict } = options
  const odd =
    args[0] === 'verify'
      ? { repository: repository !== undefined, spool: spool !== undefined }
      : { warn: warn.length > 0, strict }
  const [name] = Object.entries(odd).find(([, isGiven]) => isGiven) ?? []
  if (name === undefined) return
  const where = args[0] === 'verify' ? 'not for hook verify' : 'for hook verify alone'
  throw new LockstepError('bad-input', `--${name} is ${where}`)
}

function hookOfSpool({ cwd, env, options }: Call<Options>): Outcome {
  const { install, gitolite, print } = options
  const asked = [install, gitolite].filter((folder) => folder !== undefined)
  if (asked.length > 1 || (asked.length === 0 && !print))
    throw new LockstepError(
      'bad-input',
      'expected one of --install <bare repository>, --gitolite <LOCAL_CODE> and --print',
    )
  const repository = nameOf(options)
  const spool = resolve(cwd, options.spool ?? configuredSpool(env, cwd) ?? USUAL_SPOOL)
  if (print) return { text: hookScript({ spool, repository }), exitCode: 0 }
  const [folder = ''] = asked
  const kind = gitolite === undefined ? 'bare repository' : 'gitolite'
  const installed = installHook({ folder: resolve(cwd, folder), kind, spool, repository })
  return { text: formatInstalled(installed, repository, kind === 'gitolite'), exitCode: 0 }
}

/** Returns the name of the repository; undefined where the hook itself finds it for each push. */
function nameOf({ repository, install }: Options): string | undefined {
  const name =
    repository ?? (install === undefined ? undefined : basename(resolve(install)).replace(/\.git$/, ''))
  if (name === undefined || REPOSITORY_NAME.test(name)) return name
  throw new LockstepError(
    'bad-input',
    `${JSON.stringify(name)} is no name of a repository; expected small letters, digits, - and _: give it with --repository, as lockstep.yaml has it`,
  )
}

function configuredSpool(env: Call['env'], cwd: string): string | undefined {
  const config = configPath(surroundingsOf(env), cwd)
  return config === undefined ? undefined : readSpoolSetting(config)?.path
}

function formatInstalled(
  { path, spool, became }: InstalledHook,
  repository: string | undefined,
  isGitolite: boolean,
) {
  const done = { written: 'is written', renewed: 'is written anew', 'there already': 'is there already' }[
    became
  ]
  const lines = [
    `${path} ${done}. Pushes${repository === undefined ? '' : ` to ${repository}`} are left in ${spool}.`,
    `The user of git and the user of lockstep serve both have to write there, for instance by one group.`,
    ...(isGitolite ? GITOLITE : []),
  ]
  return lines.map((line) => `${line}\n`).join('')
}

/** Source: gitolite 3.6, triggers/repo-specific-hooks. */
const GITOLITE = [
  "In .gitolite.rc, switch on LOCAL_CODE and 'repo-specific-hooks'; in gitolite.conf, under each repository:",
  '  option hook.post-receive = lockstep',
  'A repository is called as gitolite calls it, without folders; `config lockstep.repository = name` gives it another name.',
]
