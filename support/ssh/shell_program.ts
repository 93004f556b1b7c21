import { quoteWord } from './quote'

/** Bytes of the output of a program with `outlives` that are read. */
export const MAX_KEPT_OUTPUT = 1024 * 1024

/** Seconds without a word of the control host after which a host ends what was begun over a session, and the session. */
const MAX_SILENCE_S = 90

/** Programs of the host that the shell program calls. */
const TOOLS = 'cat chmod dd find head id mkdir mkfifo mv readlink rm setsid sleep stat tail wc'

/**
 * The functions that a program with `outlives` is begun by. It runs beside the session, as the child of a shell of its own, which
 * writes down how it ended. What it writes then has its place on disk already: a full disk changes nothing.
 */
const APART = String.raw`
lk_nl='
'
lk_no() { printf '%s\n' "$1" >"$lk_j/no"; exit 127; }
lk_find() {
  case $1 in */*) [ -f "$1" ] && [ -x "$1" ]; return;; esac
  lk_rest=${'$'}{PATH-/usr/bin:/bin}:
  while [ -n "$lk_rest" ]; do
    lk_x=${'$'}{lk_rest%%:*}; lk_rest=${'$'}{lk_rest#*:}
    [ -f "${'$'}{lk_x:-.}/$1" ] && [ -x "${'$'}{lk_x:-.}/$1" ] && return 0
  done
  return 1
}
lk_since() {
  lk_r=
  { IFS= read -r lk_x <"/proc/$1/stat"; } 2>/dev/null || return 1
  lk_x=${'$'}{lk_x##*") "}
  set -f; set -- $lk_x; set +f
  case $1 in Z|X) return 1;; esac
  shift 19
  lk_r=$1
}
lk_sight() {
  lk_since "$2" || lk_r=0
  printf '%-48s\n' "$2 $lk_r" 1<>"$lk_j/$1"
}
lk_apart() {
  mkdir "$lk_j/begun" 2>/dev/null || exit 0
  lk_sight self "$$"
  read -r lk_x lk_y <"$lk_j/self"
  if [ "$lk_x" != "$$" ]; then echo disk >"$lk_j/no"; echo 'E 127' 1<>"$lk_j/status"; exit 0; fi
  lk_line_apart </dev/null >>"$lk_j/out" 2>>"$lk_j/err" &
  lk_p=$!
  lk_sight pid "$lk_p"
  [ -f "$lk_j/over" ] && kill -TERM "-$lk_p" 2>/dev/null
  wait "$lk_p"
  lk_s=$?
  [ -f "$lk_j/over" ] && kill -KILL "-$lk_p" 2>/dev/null
  printf 'E %03d\n' "$lk_s" 1<>"$lk_j/status"
  exit 0
}
`

/** The rest of the shell program. Names begin with `lk_`, so that no variable of the host's is in the way. */
const PROGRAM = String.raw`
lk_mask=$(umask)
umask 077
PATH=${'$'}{PATH:-/usr/local/bin:/usr/bin:/bin}:/usr/local/sbin:/usr/sbin:/sbin
LC_ALL=C LANG=C
export PATH LC_ALL LANG
lk_fault() { printf '\n%s%s fault %s\n' "$lk_a" "$lk_b" "$*"; exit 0; }
lk_x=
for lk_y in ${TOOLS}; do
  command -v "$lk_y" >/dev/null 2>&1 || lk_x="$lk_x $lk_y"
done
[ -z "$lk_x" ] || lk_fault "tools$lk_x"
dd iflag=fullblock bs=1 count=0 </dev/null >/dev/null 2>&1 || lk_fault 'tools dd with iflag=fullblock'
lk_setsid=$(command -v setsid)
lk_uid=$(id -u)
if [ "$lk_uid" = 0 ]; then lk_top=/run/lockstep-ssh; else lk_top=$HOME/.lockstep-ssh; fi
{ IFS= read -r lk_boot </proc/sys/kernel/random/boot_id; } 2>/dev/null || lk_fault 'tools /proc'
lk_base=$lk_top/$lk_boot
lk_dir=$lk_base/s.$$
lk_x=$(cd / && mkdir -p "$lk_base" 2>&1) || lk_fault "folder $lk_x"
[ -O "$lk_top" ] && ! [ -L "$lk_top" ] || lk_fault "folder $lk_top: it is not a folder of this user"
cd / || lk_fault 'folder /: it cannot be entered'
for lk_x in "$lk_base"/s.*; do
  kill -0 "${'$'}{lk_x##*.}" 2>/dev/null || rm -rf "$lk_x"
done
for lk_x in "$lk_base"/j.*; do
  [ -d "$lk_x" ] || continue
  lk_y=E
  [ ! -f "$lk_x/status" ] || read -r lk_y lk_e <"$lk_x/status"
  [ "$lk_y" = E ] || continue
  [ -z "$(find "$lk_x" -prune -mtime +0)" ] || rm -rf "$lk_x"
done
lk_x=$(rm -rf "$lk_dir" 2>&1 && mkdir "$lk_dir" 2>&1 && mkfifo "$lk_dir/turn" 2>&1) || lk_fault "folder $lk_x"
exec 7<>"$lk_dir/turn"
echo >&7
if sleep 0.01 2>/dev/null; then lk_nap=0.1; else lk_nap=1; fi
lk_unit=
[ "$lk_uid" = 0 ] && [ -d /run/systemd/system ] && command -v systemd-run >/dev/null 2>&1 && lk_unit=systemd

lk_kill() { kill "-$1" "-$2" 2>/dev/null || kill "-$1" "$2" 2>/dev/null; }
lk_end() {
  lk_kill TERM "$1"
  { sleep 2; lk_kill KILL "$1"; } </dev/null >/dev/null 2>&1 7>&- &
}
lk_alive() {
  for lk_f in self pid; do
    { read -r lk_q lk_w <"$1/$lk_f"; } 2>/dev/null || continue
    [ -n "$lk_q" ] && lk_since "$lk_q" && [ "$lk_r" = "$lk_w" ] && return 0
  done
  return 1
}
lk_bytes() {
  lk_m=0
  [ ! -f "$1" ] || lk_m=$(($(wc -c <"$1")))
  [ "$lk_m" -le "$2" ] || lk_m=$2
}
lk_tell() {
  lk_bytes "$4/out" "$5"; lk_o=$lk_m
  lk_bytes "$4/err" "$5"; lk_e=$lk_m
  IFS= read -r lk_x <&7
  printf '%s%s done %s %s %s %s %s\n' "$lk_a" "$lk_b" "$1" "$2" "$3" "$lk_o" "$lk_e"
  [ "$lk_o" = 0 ] || head -c "$lk_o" "$4/out"
  [ "$lk_e" = 0 ] || head -c "$lk_e" "$4/err"
  echo >&7
}
lk_take() {
  trap 'kill -KILL "$lk_c" 2>/dev/null; exit 0' TERM
  ( ulimit -c 0; ulimit -f "$(((lk_max + 511) / 512))"; exec cat <"$lk_j/$1" >"$lk_j/$2" 7>&- ) &
  lk_c=$!
  wait "$lk_c"
  lk_x=$?
  [ "$lk_x" != 0 ] || exit 0
  lk_end "$lk_p"
  lk_bytes "$lk_j/$2" "$lk_max"
  [ "$lk_m" -ge "$lk_max" ] || exit 9
  exit 0
}
lk_job() {
  if ! mkfifo "$lk_j/1" "$lk_j/2" || ! : >"$lk_j/pid"; then lk_tell "$lk_i" 127 disk "$lk_j" 0; rm -rf "$lk_j"; exit; fi
  lk_in=/dev/null
  [ ! -f "$lk_j/in" ] || lk_in=$lk_j/in
  ( umask "$lk_mask"; eval "$lk_line" ) <"$lk_in" >"$lk_j/1" 2>"$lk_j/2" 7>&- &
  lk_p=$!
  echo "$lk_p" >"$lk_j/pid"
  [ ! -f "$lk_j/over" ] || lk_end "$lk_p"
  lk_take 1 out & lk_h=$!
  lk_take 2 err & lk_g=$!
  wait "$lk_p"
  lk_s=$?
  { sleep 2; kill "$lk_h" "$lk_g"; } </dev/null >/dev/null 2>&1 7>&- &
  lk_k=$!
  lk_n=-
  wait "$lk_h" || lk_n=cut
  wait "$lk_g" || lk_n=cut
  kill "$lk_k" 2>/dev/null
  [ ! -f "$lk_j/over" ] || lk_kill KILL "$lk_p"
  [ ! -s "$lk_j/no" ] || read -r lk_n <"$lk_j/no"
  lk_tell "$lk_i" "$lk_s" "$lk_n" "$lk_j" "$lk_max"
  rm -rf "$lk_j"
}
lk_state() { lk_e=R lk_s=127; { read -r lk_e lk_s <"$lk_j/status"; } 2>/dev/null; [ "$lk_e" = E ]; }
lk_asked() {
  lk_n=-
  lk_t=0
  until lk_state; do
    if lk_alive "$lk_j"; then lk_t=0; else lk_t=$((lk_t + 1)); fi
    if [ "$lk_t" -gt 3 ] && mkdir "$lk_j/begun" 2>/dev/null; then lk_n=never; break; fi
    if [ "$lk_t" -gt 60 ]; then lk_n=gone; break; fi
    sleep "$lk_nap"
  done
  [ ! -s "$lk_j/no" ] || read -r lk_n <"$lk_j/no"
  lk_tell "$lk_i" "$lk_s" "$lk_n" "$lk_j" ${MAX_KEPT_OUTPUT}
}
lk_keep() {
  [ -z "$lk_unit" ] ||
    systemd-run --quiet --collect --wait -p KillMode=process --unit="lockstep-$lk_i" --description="$lk_name" sh "$lk_j/job" >/dev/null 2>&1 7>&-
  [ -d "$lk_j/begun" ] || setsid sh "$lk_j/job" >/dev/null 2>&1 7>&-
  lk_asked
}
lk_place() {
  echo 'R 000' >"$lk_j/status" && printf '%-48s\n' '' >"$lk_j/self" && printf '%-48s\n' '' >"$lk_j/pid" &&
    : >"$lk_j/out" && : >"$lk_j/err" && printf '%s\n' "$lk_name" >"$lk_j/program" &&
    { printf '{\n'; export -p; printf '%s\n' "lk_j='$lk_j' lk_mask=$lk_mask lk_setsid=$lk_setsid" "$lk_apart" \
      'lk_line_apart() {' 'umask "$lk_mask"' "$lk_line" '}' lk_apart '}'; } >"$lk_j/job" || return 1
  read -r lk_x lk_y <"$lk_j/status" && [ "$lk_x" = R ] && [ "$(tail -n 1 "$lk_j/job")" = '}' ]
}
lk_close() {
  lk_x=
  for lk_f in "$lk_dir"/*/pid; do
    { read -r lk_p <"$lk_f"; } 2>/dev/null && [ -n "$lk_p" ] && lk_x=1 && lk_kill TERM "$lk_p"
  done
  [ -z "$lk_x" ] || sleep 2
  for lk_f in "$lk_dir"/*/pid; do
    { read -r lk_p <"$lk_f"; } 2>/dev/null && [ -n "$lk_p" ] && lk_kill KILL "$lk_p"
  done
  rm -rf "$lk_dir"
}
lk_watch() {
  trap 'kill "$lk_c" 2>/dev/null; exit 0' TERM
  sleep ${MAX_SILENCE_S} &
  lk_c=$!
  wait "$lk_c"
  lk_close
  kill -KILL "$$"
}
lk_field() { lk_y=${'$'}{lk_l%% *}; lk_l=${'$'}{lk_l#* }; }

lk_look() {
  if lk_x=$(stat -c '%f %u %g %s %i %h %.9Y' -- "$1" 2>&1); then :; else printf '%s\n' "$lk_x" >&2; exit 1; fi
  lk_y=
  case $lk_x in *[!0-9a-f.\ ]*) lk_x=$(stat -c '%f %u %g %s %i %h %Y' -- "$1") || exit 1;; esac
  printf '%s\n' "$lk_x"
  [ ! -L "$1" ] || readlink -n -- "$1"
}
lk_read() {
  lk_x=$(stat -L -c '%F' -- "$1" 2>&1) || { printf '%s\n' "$lk_x" >&2; exit 1; }
  case $lk_x in regular*) ;; *) printf 'it is no file: %s\n' "$lk_x" >&2; exit 3;; esac
  head -c "$2" <"$1" || exit 2
}
lk_list() {
  lk_x=$(stat -L -c '%F' -- "$1" 2>&1) || { printf '%s\n' "$lk_x" >&2; exit 1; }
  [ "$lk_x" = directory ] || { printf '%s: Not a directory\n' "$1" >&2; exit 1; }
  [ -r "$1" ] && [ -x "$1" ] || { printf 'ls: %s: Permission denied\n' "$1" >&2; exit 2; }
  cd -P -- "$1" || exit 2
  for lk_x in * .*; do
    case $lk_x in .|..) continue;; esac
    [ -e "$lk_x" ] || [ -L "$lk_x" ] || continue
    printf '%s\0' "$lk_x"
  done
}
lk_write() {
  [ -L "$1" ] || [ ! -d "$1" ] || { printf '%s: Is a directory\n' "$1" >&2; exit 2; }
  umask 077
  lk_x=${'$'}{1%/*}/.lockstep-$4.new
  trap 'rm -f -- "$lk_x"' EXIT
  set -C
  : >"$lk_x" || exit 2
  set +C
  dd bs=65536 conv=fsync of="$lk_x" 2>"$lk_j/why" || { head -n 1 "$lk_j/why" >&2; exit 2; }
  [ "$(($(wc -c <"$lk_x")))" = "$3" ] || { echo 'No space left on device' >&2; exit 2; }
  chmod "$2" "$lk_x" || exit 2
  if [ -L "$1" ] && [ -d "$1" ]; then
    mv -fT -- "$lk_x" "$1" 2>/dev/null || { rm -f -- "$1" && mv -f -- "$lk_x" "$1"; } || exit 2
  else
    mv -f -- "$lk_x" "$1" || exit 2
  fi
  sync -- "${'$'}{1%/*}/" 2>/dev/null || sync
}
lk_remove() { [ -L "$1" ] || [ ! -d "$1" ] || { printf '%s: Is a directory\n' "$1" >&2; exit 2; }; rm -f -- "$1"; }

lk_main() {
  lk_watch </dev/null >/dev/null 2>&1 7>&- &
  lk_watcher=$!
  printf '\n%s%s ready %s %s\n' "$lk_a" "$lk_b" "$lk_boot" "$lk_uid"
  while IFS= read -r lk_l; do
    lk_field
    lk_c=$lk_y
    case $lk_c in
    run|keep)
      lk_field; lk_i=$lk_y
      lk_field; lk_max=$lk_y
      lk_field; lk_len=$lk_y
      lk_field; lk_name=$lk_y
      lk_line=$lk_l
      if [ "$lk_c" = run ]; then lk_j=$lk_dir/$lk_i; else lk_j=$lk_base/j.$lk_i; fi
      lk_n=-
      mkdir "$lk_j" 2>/dev/null || lk_n=disk
      if [ "$lk_len" != 0 ]; then
        [ "$lk_n" = - ] && : >"$lk_j/in" || lk_n=disk
        if [ "$lk_n" = - ]; then lk_x=$lk_j/in; else lk_x=/dev/null; fi
        dd bs="$lk_len" count=1 iflag=fullblock 2>/dev/null >"$lk_x" || lk_n=disk
      fi
      [ "$lk_n$lk_c" != -keep ] || lk_place 2>/dev/null || lk_n=disk
      if [ "$lk_n" != - ]; then
        lk_tell "$lk_i" 127 "$lk_n" /nowhere 0
        [ "$lk_c" = keep ] || rm -rf "$lk_j"
      elif [ "$lk_c" = run ]; then lk_job </dev/null &
      else lk_keep </dev/null &
      fi;;
    ask)
      lk_field; lk_i=$lk_y
      lk_j=$lk_base/j.$lk_i
      if [ "$lk_l" != "$lk_boot" ]; then lk_tell "$lk_i" 127 restarted /nowhere 0
      elif mkdir "$lk_j" 2>/dev/null; then lk_tell "$lk_i" 127 never /nowhere 0
      elif [ ! -d "$lk_j" ]; then lk_tell "$lk_i" 127 folder /nowhere 0
      else lk_asked </dev/null &
      fi;;
    end)
      for lk_j in "$lk_dir/$lk_l" "$lk_base/j.$lk_l"; do
        [ -d "$lk_j" ] || continue
        : >"$lk_j/over"
        { read -r lk_p lk_x <"$lk_j/pid"; } 2>/dev/null && [ -n "$lk_p" ] && lk_end "$lk_p"
      done;;
    drop) rm -rf "$lk_base/j.$lk_l";;
    list)
      lk_j=$lk_dir/$lk_l
      mkdir "$lk_j"
      for lk_x in "$lk_base"/j.*; do
        lk_d=$lk_x
        [ -f "$lk_d/status" ] && read -r lk_e lk_s <"$lk_d/status" && [ "$lk_e" = R ] && lk_alive "$lk_d" || continue
        read -r lk_p lk_x <"$lk_d/pid"
        read -r lk_name <"$lk_d/program"
        printf '%s %s %s\n' "${'$'}{lk_d##*/j.}" "${'$'}{lk_p:-0}" "$lk_name"
      done >"$lk_j/out"
      lk_tell "$lk_l" 0 - "$lk_j" ${MAX_KEPT_OUTPUT}
      rm -rf "$lk_j";;
    alive)
      kill "$lk_watcher" 2>/dev/null
      lk_watch </dev/null >/dev/null 2>&1 7>&- &
      lk_watcher=$!
      lk_tell "$lk_l" 0 - /nowhere 0;;
    esac
  done
  kill "$lk_watcher" 2>/dev/null
  lk_close
  exit 0
}
lk_main
`

/**
 * Returns the program that a shell of a host reads from its standard input, and then carries out what lines tell it. Its answers
 * begin with a token, in two parts, since a host that repeats what it reads must not seem to answer.
 */
export function shellProgram(token: string): string {
  const half = token.length / 2
  return [
    `lk_a=${token.slice(0, half)} lk_b=${token.slice(half)}`,
    APART.trim(),
    `lk_apart=${quoteWord(APART)}`,
    PROGRAM.trim(),
    '',
  ].join('\n')
}
