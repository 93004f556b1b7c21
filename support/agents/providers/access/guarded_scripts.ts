/**
 * The steps on a guarded file that a host's own shell takes, in one script each: POSIX sh with the tools of GNU coreutils.
 * Each file that could be another user's is opened without following a link, or told by its open descriptor.
 */

/**
 * Reads a file. `sh <path> <folder> <most bytes>` prints `found`, what the file and its folder are, and, of a plain file,
 * its bytes in base64 with `ok` behind them. What is said of the file is of those bytes: it was the same before and after.
 */
export const READ_SCRIPT = String.raw`export LC_ALL=C
path=$1 folder=$2 most=$3
end() { printf '%s\n' "$@"; exit 0; }
see() { stat -c '%f %d:%i %h %u %g %s %y %z' -- "$path" 2>&1; }
size_of() { echo "$6"; }
place=$(stat -c %f -- "$folder" 2>&1) || end "fault $place"
round=0
while :; do
  before=$(see) || end "fault $before"
  case $before in 8???' '*) ;; *) end "found $before" "$place" ;; esac
  [ "$(size_of $before)" -le "$most" ] || end "found $before" "$place"
  why=$(dd if="$path" of=/dev/null iflag=nofollow,nonblock bs=65536 status=none 2>&1) || end "fault $why"
  text=$({ dd if="$path" iflag=nofollow,nonblock bs=65536 status=none && printf ok; } | base64 -w 0)
  after=$(see) || end "fault $after"
  [ "$before" != "$after" ] || break
  round=$((round + 1))
  [ "$round" -lt 5 ] || end 'fault it changes all the time'
done
end "found $before" "$place" "$text"`

/**
 * Puts the file <next>, which is written already, in the place of <path>. `sh <path> <folder> <next> <kept> <found>
 * <place> <old> <new> <owner> <mode> <left>` prints `done`; or `changed`, where one of them is not as it was found.
 * <found> and <place> are what the file and its folder were, <old> and <new> the SHA-256 of both texts; <kept> may be
 * empty. Other files whose names begin with <left> are of changes that came to no end. The folder is locked meanwhile,
 * so that of two control hosts one comes after the other.
 */
export const REPLACE_SCRIPT = String.raw`export LC_ALL=C
umask 077
path=$1 folder=$2 next=$3 kept=$4 found=$5 place=$6 old=$7 new=$8 owner=$9
shift 9
mode=$1 left=$2
trap 'rm -f -- "$next"' EXIT
trap 'exit 143' TERM HUP INT
changed() { echo changed; exit 0; }
see() { stat -c '%f %d:%i %h %u %g' -- "$path"; }
sum() { set -- $(sha256sum) && echo "$1"; }
text() { dd if="$path" iflag=nofollow,nonblock bs=65536 status=none; }
exec 9<"$folder"
flock -w 20 9 || { echo "$folder is locked by another change" >&2; exit 1; }
for each in "$left"*; do
  [ "$each" = "$next" ] || rm -f -- "$each"
done
[ -f "$next" ] && [ ! -L "$next" ] || changed
exec 4<"$next"
# From here on the file is the one that is open, whatever gets its name. Its rights are changed as that one's.
open=/proc/self/fd/4
[ "$(stat -L -c '%F %h %u' -- "$open")" = "regular file 1 $(id -u)" ] ||
  [ "$(stat -L -c '%F %h %u' -- "$open")" = "regular empty file 1 $(id -u)" ] || changed
[ "$(sum <&4)" = "$new" ] || changed
chown -- "$owner" "$open" || exit
chmod -- "$mode" "$open" || exit
sync -- "$open" || exit
[ "$(stat -c %d:%i -- "$next")" = "$(stat -L -c %d:%i -- "$open")" ] || changed
[ "$(see)" = "$found" ] && [ "$(stat -c %f -- "$folder")" = "$place" ] && [ "$(text | sum)" = "$old" ] || changed
if [ -n "$kept" ]; then
  if [ -e "$kept" ] || [ -L "$kept" ]; then echo "$kept is there already" >&2; exit 1; fi
  set -C
  exec 5>"$kept"
  text >&5 && [ "$(sum </proc/self/fd/5)" = "$old" ] && sync -- /proc/self/fd/5 "$folder" ||
    { rm -f -- "$kept"; echo "$kept could not be written" >&2; exit 1; }
fi
mv -fT -- "$next" "$path" || exit
trap - EXIT
sync -- "$folder" || exit
echo done`

/** Removes a file. `sh <path> <folder>` */
export const REMOVE_SCRIPT = `rm -f -- "$1" && sync -- "$2"`
