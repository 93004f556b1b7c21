import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, readFileSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { LockstepError } from '../system/errors'
import { writeWhole } from '../system/whole_file'
import { HOOK_MARK, hookScript } from './hook_script'
import { Spool } from './spool'

/** Where a hook goes, and what it is told. */
export interface HookPlace {
  /** The folder of a bare repository, or the `LOCAL_CODE` of gitolite. */
  folder: string
  kind: 'bare repository' | 'gitolite'
  spool: string
  /** The name in lockstep.yaml; undefined where gitolite's own name of it, or `lockstep.repository`, is that. */
  repository: string | undefined
}

/** What was done: the paths are absolute. */
export interface InstalledHook {
  path: string
  spool: string
  became: 'written' | 'renewed' | 'there already'
}

const MODE = 0o755

/**
 * Installs the hook that leaves pushes in a spool, and makes the spool. A hook of another stays as it is.
 * @throws LockstepError `bad-input` for a folder that is no repository, for one whose hooks git looks for elsewhere, and for
 * a hook of another
 */
export function installHook({ folder, kind, spool: written, repository }: HookPlace): InstalledHook {
  const path = pathOf(resolve(folder), kind)
  const spool = resolve(written)
  const script = hookScript({ spool, repository })
  if (kind === 'bare repository') refuseHooksElsewhere(resolve(folder))
  const before = existsSync(path) ? readFileSync(path, 'utf8') : undefined
  if (before !== undefined && !isOurs(before))
    throw new LockstepError(
      'bad-input',
      `${path} is a hook of another, and stays as it is; run both from one: lockstep hook --print shows ours, which reads the same lines`,
    )
  new Spool(spool).prepare()
  const isSame = before === script && (statSync(path).mode & 0o111) !== 0
  if (!isSame) {
    writeWhole(path, script)
    chmodSync(path, MODE)
  }
  return { path, spool, became: isSame ? 'there already' : before === undefined ? 'written' : 'renewed' }
}

function pathOf(folder: string, kind: HookPlace['kind']): string {
  if (kind === 'gitolite') {
    if (existsSync(join(folder, 'hooks'))) return join(folder, 'hooks', 'repo-specific', 'lockstep')
    throw new LockstepError(
      'bad-input',
      `${folder} is no LOCAL_CODE of gitolite: it has no folder hooks; expected what .gitolite.rc names, such as ~git/local`,
    )
  }
  const isBare = ['HEAD', 'objects', 'refs'].every((name) => existsSync(join(folder, name)))
  if (isBare) return join(folder, 'hooks', 'post-receive')
  const inside = existsSync(join(folder, '.git'))
  throw new LockstepError(
    'bad-input',
    `${folder} is no bare repository${inside ? ': people work in it' : ''}; expected the one that people push to, such as /srv/git/website.git`,
  )
}

/** Refuses a repository whose settings, or those of the machine, have git run the hooks of another folder. */
function refuseHooksElsewhere(folder: string): void {
  const { stdout } = spawnSync('git', [`--git-dir=${folder}`, 'config', '--get', 'core.hooksPath'], {
    encoding: 'utf8',
    env: { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null' },
  })
  const elsewhere = stdout?.trim() ?? ''
  if (elsewhere === '' || resolve(folder, elsewhere) === join(folder, 'hooks')) return
  throw new LockstepError(
    'bad-input',
    `git runs the hooks of ${folder} from ${elsewhere}, as core.hooksPath says: one in its own folder would never run; take that setting away, or call what lockstep hook --print shows from there`,
  )
}

function isOurs(script: string): boolean {
  return script.split('\n')[1]?.startsWith(HOOK_MARK.slice(0, HOOK_MARK.lastIndexOf(' '))) === true
}
