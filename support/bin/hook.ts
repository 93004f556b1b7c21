import { basename, resolve } from 'node:path'
import { readSpoolSetting } from '../config/pipeline_setting'
import { hookScript } from '../pipeline/hook_script'
import { announceScript } from '../pipeline/announce_script'
import { installAnnouncer, type InstalledAnnouncer } from '../pipeline/install_announcer'
import { installHook, isSubversion, type HookPlace, type InstalledHook } from '../pipeline/install_hook'
import { configPath, surroundingsOf } from '../run/parameters'
import { openAnnouncements, openRevisions } from '../pipeline/spool'
import { svnHookScript } from '../pipeline/svn_hook_script'
import { LockstepError } from '../system/errors'
import { REPOSITORY_NAME } from '../system/git_names'
import type { Call, Outcome } from './command'

interface Options {
  install: string | undefined
  gitolite: string | undefined
  packages: string | undefined
  repository: string | undefined
  spool: string | undefined
  print: boolean
  warn: readonly string[]
  skip: readonly string[]
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
  const { repository, spool, packages, warn, skip, strict } = options
  const odd =
    args[0] === 'verify'
      ? { repository: repository !== undefined, spool: spool !== undefined, packages: packages !== undefined }
      : { warn: warn.length > 0, skip: skip.length > 0, strict }
  const [name] = Object.entries(odd).find(([, isGiven]) => isGiven) ?? []
  if (name === undefined) return
  const where = args[0] === 'verify' ? 'not for hook verify' : 'for hook verify alone'
  throw new LockstepError('bad-input', `--${name} is ${where}`)
}

function hookOfSpool({ cwd, env, options }: Call<Options>): Outcome {
  const { install, gitolite, packages, print } = options
  const asked = [install, gitolite, packages].filter((folder) => folder !== undefined)
  if (asked.length > 1 || (asked.length === 0 && !print))
    throw new LockstepError(
      'bad-input',
      'expected one of --install <repository>, --gitolite <LOCAL_CODE>, --packages <folder> and --print',
    )
  const repository = nameOf(options)
  const spool = resolve(cwd, options.spool ?? configuredSpool(env, cwd) ?? USUAL_SPOOL)
  if (packages !== undefined) {
    const named = repository ?? ''
    const folder = resolve(cwd, packages)
    if (print)
      return {
        text: announceScript({ spool: openAnnouncements(spool).path, repository: named, folder }),
        exitCode: 0,
      }
    const announcer = installAnnouncer({ folder, spool, repository: named })
    return { text: formatAnnouncer(announcer, named), exitCode: 0 }
  }
  const folder = resolve(cwd, asked[0] ?? '')
  const kind = install === undefined ? 'gitolite' : isSubversion(folder) ? 'Subversion' : 'bare repository'
  if (print) {
    const ofSvn = { spool: openRevisions(spool).path, repository: repository ?? '' }
    return {
      text: kind === 'Subversion' ? svnHookScript(ofSvn) : hookScript({ spool, repository }),
      exitCode: 0,
    }
  }
  const installed = installHook({ folder, kind, spool, repository })
  return { text: formatInstalled(installed, repository, kind), exitCode: 0 }
}

/** Returns the name of the repository; undefined where the hook itself finds it for each push. */
function nameOf({ repository, install, packages }: Options): string | undefined {
  const folder = install ?? packages
  const name =
    repository ?? (folder === undefined ? undefined : basename(resolve(folder)).replace(/\.git$/, ''))
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

function formatAnnouncer({ path, spool, became, lacks }: InstalledAnnouncer, repository: string): string {
  const options =
    lacks?.options === true
      ? [`In conf/options, so that it is announced once it is published:`, `  endhook ${path}`]
      : []
  const distributions =
    lacks?.distributions === true
      ? [
          'In conf/distributions, under each distribution; Log: may have a file of its own:',
          '  Log: packages.log',
          `   ${path}`,
        ]
      : []
  const byHand =
    lacks === undefined ? [`Let it run what publishes: ${path} -- aptly publish update stable`] : []
  return [
    `${path} ${DONE[became]}. Announcements of ${repository} are left in ${spool}.`,
    `The user who publishes and the user of lockstep serve both have to write there, for instance by one group.`,
    ...distributions,
    ...options,
    ...byHand,
  ]
    .map((line) => `${line}\n`)
    .join('')
}

const DONE = { written: 'is written', renewed: 'is written anew', 'there already': 'is there already' }

function formatInstalled(
  { path, spool, became }: InstalledHook,
  repository: string | undefined,
  kind: HookPlace['kind'],
) {
  const isSvn = kind === 'Subversion'
  const lines = [
    `${path} ${DONE[became]}. ${isSvn ? 'Revisions of' : 'Pushes'}${repository === undefined ? '' : `${isSvn ? '' : ' to'} ${repository}`} are left in ${spool}.`,
    isSvn
      ? `Every user as whom Subversion commits and the user of lockstep serve have to write there, for instance by one group.`
      : `The user of git and the user of lockstep serve both have to write there, for instance by one group.`,
    ...(kind === 'gitolite' ? GITOLITE : []),
  ]
  return lines.map((line) => `${line}\n`).join('')
}

/** Source: gitolite 3.6, triggers/repo-specific-hooks. */
const GITOLITE = [
  "In .gitolite.rc, switch on LOCAL_CODE and 'repo-specific-hooks'; in gitolite.conf, under each repository:",
  '  option hook.post-receive = lockstep',
  'A repository is called as gitolite calls it, without folders; `config lockstep.repository = name` gives it another name.',
]
