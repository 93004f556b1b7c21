import { quoteWord } from '../system/commands'

/** The line by which an installed hook is known again. Its number is raised with every change of the script. */
export const HOOK_MARK = '# A hook of Lockstep, form 1'

/** The facts that a hook needs. */
export interface HookSettings {
  /** The absolute path of the spool's folder. */
  spool: string
  /** The name of the repository in lockstep.yaml; undefined where git's own configuration or gitolite has it. */
  repository: string | undefined
}

/**
 * Returns the hook that leaves pushes in a spool: `post-receive` of a git repository, a program of POSIX sh. It needs
 * neither Node nor Lockstep: an update of either cannot lose a push. A push is on disk under a name of its own before
 * it is in `new`. The hook always succeeds, since the refs have moved by then; what it cannot leave, it tells the person
 * who pushes. Sources: githooks(5), and for `GL_USER` and `GL_REPO` gitolite's documentation of its hooks.
 */
export function hookScript({ spool, repository }: HookSettings): string {
  const name =
    repository === undefined
      ? `$(git config --get lockstep.repository || basename -- "\${GL_REPO:-$PWD}" .git)`
      : quoteWord(repository)
  return `#!/bin/sh
${HOOK_MARK}
# It leaves each push in a folder, from where \`lockstep serve\` takes it. It neither delays a push nor fails it.
spool=${quoteWord(spool)}
repository=${name}
by=$(printf '%s' "\${GL_USER:-\${REMOTE_USER:-$(id -un)}}" | tr -cd '[:alnum:]@._+-')

say_lost() {
  echo "lockstep: the pipeline does not know of this push: $1" >&2
  echo "lockstep: push again once that is mended; an empty commit is enough" >&2
  cat >/dev/null
  exit 0
}

umask 007
left=$(mktemp "$spool/tmp/$(date -u +%Y%m%dT%H%M%S.%N)-XXXXXXXXXX" 2>/dev/null) || say_lost "$spool/tmp cannot be written"
{
  printf 'lockstep/push/1\\nrepository %s\\nby %s\\n\\n' "$repository" "$by" && cat && printf 'end\\n'
} >"$left" 2>/dev/null || { rm -f "$left"; say_lost "$spool is full"; }
chmod 660 "$left"
# On disk first, then under the name by which it is found.
sync "$left" && mv "$left" "$spool/new/" && sync "$spool/new" || say_lost "$spool/new cannot be written"
exit 0
`
}
