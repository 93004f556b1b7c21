import { randomUUID } from 'node:crypto'
import type { CommandRunner } from './command'

/** The text of a file of a host; undefined where there is none, and the reason where it cannot be read. */
export type HostText = string | undefined | UnreadText

/** The reason, in words, why a path of a host has no text to be read. */
export class UnreadText extends Error {
  override readonly name = 'UnreadText'

  constructor(
    message: string,
    /** True where something is at the path; false where that cannot be seen. */
    readonly isThere: boolean,
  ) {
    super(message)
  }
}

/** A file by its path, or all files of a folder whose names have an end. */
export type Wanted = string | { folder: string; end: string }

const WITHIN_MS = 30_000
const MAX_BYTES = 16 * 1024 * 1024

/**
 * Prints each file between two lines with a mark: its path before it, how the reading ended behind it. The mark is not
 * known to those who have written the files. A name of several lines is left out.
 */
const SCRIPT = `mark=$1; shift; LC_ALL=C; export LC_ALL
line='
'
tell() {
  printf '\\n%s at %s\\n' "$mark" "$1"
  if [ -f "$1" ]; then cat -- "$1" 2>&1; printf '\\n%s end %s\\n' "$mark" "$?"
  elif [ -e "$1" ]; then printf '\\n%s end no file\\n' "$mark"
  else ls -d -- "$1/." 2>&1; printf '\\n%s end away\\n' "$mark"
  fi
}
while [ $# -gt 0 ]; do
  case $1 in
    file) tell "$2"; shift 2 ;;
    folder)
      for each in "$2"/*"$3" "$2"/.*"$3"; do
        case $each in *"$line"*) continue ;; esac
        [ -f "$each" ] && tell "$each"
      done
      shift 3 ;;
  esac
done
exit 0`

/**
 * Reads texts of a host in one command, however many they are. Links are followed. A folder that is not there, or cannot be
 * read, has no files. The texts are in UTF-8, by their paths.
 * @throws Error when the command does not come to its end
 */
export async function readTexts(
  run: CommandRunner,
  wanted: readonly Wanted[],
): Promise<Map<string, HostText>> {
  const paths = wanted.filter((each) => typeof each === 'string')
  if (paths.some((path) => path.includes('\n'))) throw new Error('a path of several lines is not read')
  const mark = `lockstep-${randomUUID()}`
  const args = wanted.flatMap((each) =>
    typeof each === 'string' ? ['file', each] : ['folder', each.folder, each.end],
  )
  const limits = { within: WITHIN_MS, outputAtMost: MAX_BYTES }
  const { exitCode, stdout, output, failure } = await run('sh', ['-c', SCRIPT, 'sh', mark, ...args], limits)
  if (failure !== undefined || exitCode !== 0)
    throw new Error(`files of the host cannot be read: ${failure ?? lastLine(output)}`)
  const found = new Map<string, HostText>()
  for (const part of `${stdout}\n`.split(`\n${mark} at `).slice(1)) {
    const start = part.indexOf('\n') + 1
    const end = part.lastIndexOf(`\n${mark} end `)
    if (start === 0 || end < start - 1)
      throw new Error('files of the host cannot be read: the answer is cut off')
    const how = part.slice(end + mark.length + ' end '.length + 1).trimEnd()
    found.set(part.slice(0, start - 1), textOf(part.slice(start, end), how))
  }
  if (!paths.every((path) => found.has(path)))
    throw new Error('files of the host cannot be read: the answer is cut off')
  return found
}

function textOf(text: string, how: string): HostText {
  switch (how) {
    case '0':
      return text
    case 'no file':
      return new UnreadText('it is no file', true)
    case 'away':
      return AWAY.test(text) ? undefined : new UnreadText(wordsIn(text), false)
    default:
      return new UnreadText(wordsIn(text), true)
  }
}

/** The words of the system for a path that leads nowhere, in the C locale. */
const AWAY = /No such file or directory|Not a directory/

/** Returns what a program says, without its own name. */
function wordsIn(text: string): string {
  return lastLine(text).replace(/^\w+: /, '')
}

function lastLine(text: string): string {
  return text.trimEnd().split('\n').at(-1) ?? ''
}
