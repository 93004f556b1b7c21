import { quoteWord } from '../system/commands'

/** The line by which an installed hook is known again. Its number is raised with every change of the script. */
export const SVN_HOOK_MARK = '# A hook of Lockstep for Subversion, form 1'

/** The facts that the hook of a Subversion repository needs. */
export interface SvnHookSettings {
  /** The absolute path of the spool of revisions. */
  spool: string
  /** The name of the repository in lockstep.yaml. */
  repository: string
}

/**
 * Returns the hook that leaves revisions in a spool: `post-commit` of a Subversion repository, a program of POSIX sh with
 * the arguments of Subversion: the repository and the number. Subversion gives it no variables, and shows what it prints
 * only where it does not exit with 0: the commit stands all the same.
 */
export function svnHookScript({ spool, repository }: SvnHookSettings): string {
  return `#!/bin/sh
${SVN_HOOK_MARK}
# It leaves the number of each revision in a folder, from where \`lockstep serve\` takes it. It fails no commit.
PATH=/usr/local/bin:/usr/bin:/bin
export PATH
spool=${quoteWord(spool)}
repository=${quoteWord(repository)}

say_lost() {
  echo "lockstep: the pipeline does not know of r$2: $1" >&2
  echo "lockstep: once that is mended, the next commit tells of it too" >&2
  exit 1
}

by=$(svnlook author -r "$2" "$1" 2>/dev/null | tr -cd '[:alnum:]@._+-')
umask 007
left=$(mktemp "$spool/tmp/$(date -u +%Y%m%dT%H%M%S.%N)-XXXXXXXXXX" 2>/dev/null) || say_lost "$spool/tmp cannot be written" "$2"
printf 'lockstep/revision/1\\nrepository %s\\nby %s\\n\\nr%s\\nend\\n' "$repository" "$by" "$2" >"$left" 2>/dev/null ||
  { rm -f "$left"; say_lost "$spool is full" "$2"; }
chmod 660 "$left"
# On disk first, then under the name by which it is found.
sync "$left" && mv "$left" "$spool/new/" && sync "$spool/new" || say_lost "$spool/new cannot be written" "$2"
exit 0
`
}
