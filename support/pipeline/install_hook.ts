import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, readFileSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { LockstepError } from '../system/errors'
import { writeWhole } from '../system/whole_file'
import { HOOK_MARK, hookScript } from './hook_script'
import { openRevisions, Spool } from './spool'
import { SVN_HOOK_MARK, svnHookScript } from './svn_hook_script'

/** Where a hook goes, and what it is told. */
export interface HookPlace {
  /** The folder of a bare repository or of one of Subversion, or the `LOCAL_CODE` of gitolite. */
  folder: string
  kind: 'bare repository' | 'gitolite' | 'Subversion'
  spool: string
  /** The name in lockstep.yaml; undefined where gitolite's own name of it, or `lockstep.repository`, is that. */
  repository: string | undefined
}

/** The outcome of an installation: the paths are absolute. */
export interface InstalledHook {
  path: string
  spool: string
  became: 'written' | 'renewed' | 'there already'
}

const MODE = 0o755

/** A hook of git: its script, and the names under which it is installed. */
export interface PlacedHook {
  /** The name by which git or Subversion calls it. */
  event: 'post-receive' | 'pre-receive' | 'post-commit'
  /** The name by which gitolite.conf calls it. */
  gitolite: string
  /** The second line of the script, which ends with the number of its form. */
  mark: string
  script: string
  /** The command that prints the script. */
  print: string
}

/**
 * Installs the hook that leaves pushes in a spool, and makes the spool. A hook of another stays as it is.
 * @throws LockstepError `bad-input` for a folder that is no repository, for one whose hooks git looks for elsewhere, and for
 * a hook of another
 */
export function installHook(place: HookPlace): InstalledHook {
  const { folder, kind, spool: written, repository } = place
  const spool = resolve(written)
  if (kind === 'Subversion') return installSvnHook(place)
  const hook: PlacedHook = {
    event: 'post-receive',
    gitolite: 'lockstep',
    mark: HOOK_MARK,
    script: hookScript({ spool, repository }),
    print: 'lockstep hook --print',
  }
  return { ...placeHook({ folder, kind }, hook, () => new Spool(spool).prepare()), spool }
}

/** Installs the hook of a Subversion repository: it leaves revisions in a spool of their own. */
function installSvnHook({ folder, kind, spool: below, repository = '' }: HookPlace): InstalledHook {
  const spool = openRevisions(resolve(below))
  const hook: PlacedHook = {
    event: 'post-commit',
    gitolite: 'lockstep',
    mark: SVN_HOOK_MARK,
    script: svnHookScript({ spool: spool.path, repository }),
    print: `lockstep hook --print --install ${resolve(folder)}`,
  }
  return { ...placeHook({ folder, kind }, hook, () => spool.prepare()), spool: spool.path }
}

/** Returns whether a folder is a Subversion repository, as `svnadmin create` makes it. */
export function isSubversion(folder: string): boolean {
  return ['format', 'db', 'hooks', 'conf'].every((name) => existsSync(join(folder, name)))
}

/**
 * Writes a hook where git or gitolite finds it. `prepare` is called before anything is written.
 * @throws LockstepError `bad-input` as `installHook` does
 */
export function placeHook(
  { folder, kind }: Pick<HookPlace, 'folder' | 'kind'>,
  hook: PlacedHook,
  prepare: () => void = () => {},
): Omit<InstalledHook, 'spool'> {
  const { script, mark, print } = hook
  const path = pathOf(resolve(folder), kind, hook)
  if (kind === 'bare repository') refuseHooksElsewhere(resolve(folder), print)
  const before = existsSync(path) ? readFileSync(path, 'utf8') : undefined
  if (before !== undefined && !isOurs(before, mark))
    throw new LockstepError(
      'bad-input',
      `${path} is a hook of another, and stays as it is; run both from one: ${print} shows ours, which takes the same ${kind === 'Subversion' ? 'arguments' : 'lines'}`,
    )
  prepare()
  const isSame = before === script && (statSync(path).mode & 0o111) !== 0
  if (!isSame) {
    writeWhole(path, script)
    chmodSync(path, MODE)
  }
  return { path, became: isSame ? 'there already' : before === undefined ? 'written' : 'renewed' }
}

function pathOf(folder: string, kind: HookPlace['kind'], { event, gitolite }: PlacedHook): string {
  if (kind === 'gitolite') {
    if (existsSync(join(folder, 'hooks'))) return join(folder, 'hooks', 'repo-specific', gitolite)
    throw new LockstepError(
      'bad-input',
      `${folder} is no LOCAL_CODE of gitolite: it has no folder hooks; expected what .gitolite.rc names, such as ~git/local`,
    )
  }
  if (isSubversion(folder)) {
    if (event === 'post-commit') return join(folder, 'hooks', event)
    throw new LockstepError(
      'bad-input',
      `${folder} is a Subversion repository, and ${event} is a hook of git`,
    )
  }
  const isBare = ['HEAD', 'objects', 'refs'].every((name) => existsSync(join(folder, name)))
  if (isBare) return join(folder, 'hooks', event)
  const inside = existsSync(join(folder, '.git'))
  throw new LockstepError(
    'bad-input',
    `${folder} is no bare repository${inside ? ': people work in it' : ''}; expected the one that people push to, such as /srv/git/website.git`,
  )
}

/** Refuses a repository where its settings, the user's or the machine's have git run the hooks of another folder. */
function refuseHooksElsewhere(folder: string, print: string): void {
  const args = [`--git-dir=${folder}`, 'config', '--show-origin', '-z', '--get', 'core.hooksPath']
  const { stdout } = spawnSync('git', args, { encoding: 'utf8' })
  const [origin = '', elsewhere = ''] = (stdout ?? '').split('\0')
  if (elsewhere === '' || resolve(folder, elsewhere) === join(folder, 'hooks')) return
  throw new LockstepError(
    'bad-input',
    `git runs the hooks of ${folder} from ${elsewhere}, as core.hooksPath in ${origin.replace(/^file:/, '')} says: one in its own folder would never run; take that setting away, or call what ${print} shows from there`,
  )
}

function isOurs(script: string, mark: string): boolean {
  return script.split('\n')[1]?.startsWith(mark.slice(0, mark.lastIndexOf(' '))) === true
}
