import { createHash } from 'node:crypto'
import { quoteWord } from '../system/commands'
import { MAX_CHANGES } from './announcement'

/** The line by which an installed program is known again. Its number is raised with every change of the script. */
export const ANNOUNCE_MARK = '# A program of Lockstep that announces packages, form 2'

/** The facts that the program needs. */
export interface AnnounceSettings {
  /** The absolute path of the spool of announcements. */
  spool: string
  /** The name of the package repository in lockstep.yaml. */
  repository: string
  /** The absolute path of its base folder: the notes of another one of the same name are others. */
  folder: string
}

/**
 * Returns the program that leaves announcements of packages in a spool: POSIX sh, without Node. It has three forms.
 *
 * - As a script of reprepro's `Log:` it notes one change. reprepro 5.3.1 calls it before it exports the indices, also
 *   where that fails then: a note is no announcement yet.
 * - As reprepro's `endhook` it announces the notes whose distribution was exported since, also where reprepro has failed
 *   with another one. It exits as reprepro would.
 * - With `-- <command>` it runs a command, such as `aptly publish`, and announces where that exits with 0.
 *
 * The name of a file of notes tells the base folder, the distribution, and its Release file of that moment. Each export
 * makes another Release file. So no clock counts, and what another reprepro notes meanwhile has a file of its own.
 *
 * Source: reprepro(1), and its arguments as they were seen: `add <codename> deb <component> <arch> <name> <version> -- …`.
 */
export function announceScript({ spool, repository, folder }: AnnounceSettings): string {
  const base = createHash('sha256').update(folder).digest('hex').slice(0, 12)
  return `#!/bin/sh
${ANNOUNCE_MARK}
# \`lockstep serve\` takes what it leaves, and has hosts refresh their package lists. It fails no work of the repository.
spool=${quoteWord(spool)}
repository=${quoteWord(repository)}
notes=$spool/noted/$repository.${base}

say_lost() {
  echo "lockstep: hosts are not told of what was published: $1" >&2
  echo "lockstep: once that is mended, say: $0 -- true" >&2
}

# Leaves the lines of its standard input, on disk first, then under the name by which they are found.
announce() (
  umask 007
  by=$(id -un | tr -cd '[:alnum:]@._+-')
  left=$(mktemp "$spool/tmp/$(date -u +%Y%m%dT%H%M%S.%N)-XXXXXXXXXX" 2>/dev/null) || { say_lost "$spool/tmp cannot be written"; return 1; }
  { printf 'lockstep/packages/1\\nrepository %s\\nby %s\\n\\n' "$repository" "$by" && cat && printf 'end\\n'; } >"$left" 2>/dev/null ||
    { rm -f "$left"; say_lost "$spool is full"; return 1; }
  chmod 660 "$left"
  sync "$left" && mv "$left" "$spool/new/" && sync "$spool/new" || { say_lost "$spool/new cannot be written"; return 1; }
)

# Sets the file of notes for a distribution. It stays the same as long as its Release file does.
find_notes() {
  case $1 in */*) place=$(echo "$1" | tr / ,) ;; *) place=$1 ;; esac
  now="$notes.$place.$(stat -c %i-%.9Y "$REPREPRO_DIST_DIR/$1/Release" 2>/dev/null)"
}

# Announces notes whose Release file is another one by now. A link that another user of the spool has left leads elsewhere.
announce_exported() {
  ls -tr "$spool/noted" | while read -r name; do
    noted="$spool/noted/$name"
    case $noted in "$notes".*) [ -s "$noted" ] && [ ! -L "$noted" ] || continue ;; *) continue ;; esac
    read -r action codename rest <"$noted"
    find_notes "$codename"
    if [ ! -e "$REPREPRO_DIST_DIR/$codename/Release" ] || [ "$noted" = "$now" ]; then
      echo "lockstep: changes of $codename are announced once reprepro has exported it" >&2
      continue
    fi
    tail -n ${MAX_CHANGES} "$noted" | announce || break
    rm -f "$noted"
  done
}

if [ "$1" != -- ] && [ -n "\${REPREPRO_EXIT_CODE+set}" ]; then
  announce_exported
  exit "$REPREPRO_EXIT_CODE"
fi
case $1 in
  '')
    echo "lockstep: expected -- and what publishes, as in: $0 -- aptly publish update stable" >&2
    exit 2 ;;
  --)
    shift
    "$@"
    status=$?
    [ "$status" != 0 ] || announce </dev/null
    exit "$status" ;;
  add | replace | remove)
    umask 007
    find_notes "$2"
    [ ! -L "$now" ] &&
      printf '%s %s %s %s %s %s %s\\n' "$1" "$2" "$3" "$4" "$5" "$6" "$7" >>"$now" ||
      say_lost "$spool/noted cannot be written" ;;
esac
exit 0
`
}
