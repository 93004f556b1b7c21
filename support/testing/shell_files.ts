import { closeSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import type { CommandRunner } from '../system/command'
import type { FileSight, HostFiles } from '../system/host_files'
import { Scratch } from './scratch'

const AWAY = 44
const MAX_PRINTED = 64 * 1024 * 1024
const KINDS: Readonly<Record<string, FileSight['kind']>> = { '8': 'file', '4': 'folder', a: 'link' }
const LOOK = `[ -e "$1" ] || [ -L "$1" ] || exit ${AWAY}
stat -c '%f %u %g %s %.9Y %i %h' -- "$1" && { [ ! -L "$1" ] || readlink -z -- "$1"; }`
const READ = `[ -e "$1" ] || exit ${AWAY}
[ -f "$1" ] || { echo 'it is no file' >&2; exit 1; }
head -c "$2" -- "$1" | base64 -w 0`
const LIST = String.raw`[ -d "$1" ] || exit ${AWAY}
find "$1/" -mindepth 1 -maxdepth 1 -printf '%f\0'`
const WRITE = `new=$1/.new.$$
rm -f -- "$new"
umask 077; set -C
cat >"$new" && chmod -- "$3" "$new" && sync -- "$new" && mv -fT -- "$new" "$2" || { rm -f -- "$new"; exit 1; }
sync -- "$1"`
const REMOVE = `[ -e "$1" ] || [ -L "$1" ] || exit ${AWAY}
rm -f -- "$1"`

/** Returns the files of a host for tests, by nothing but programs that run there. */
export function shellFiles(run: CommandRunner): HostFiles {
  const sh = async (script: string, args: readonly string[], input?: number): Promise<string | undefined> => {
    const limits = { within: 60_000, outputAtMost: MAX_PRINTED, ...(input === undefined ? {} : { input }) }
    const { exitCode, stdout, output, failure } = await run('sh', ['-c', script, 'sh', ...args], limits)
    if (exitCode === AWAY) return undefined
    if (exitCode !== 0) throw new Error(failure ?? output)
    return stdout
  }
  return {
    async look(path) {
      const said = await sh(LOOK, [path])
      if (said === undefined) return undefined
      const [, stats = '', leadsTo] = /^(.*?)(?:\n(.*)\0)?$/s.exec(said) ?? []
      const [bits = '', uid, gid, bytes, seconds, inode, links] = stats.split(' ')
      const kind = KINDS[bits.charAt(0)] ?? 'other'
      return {
        kind,
        leadsTo: kind === 'link' ? leadsTo : undefined,
        uid: Number(uid),
        gid: Number(gid),
        mode: Number.parseInt(bits, 16) & 0o7777,
        bytes: Number(bytes),
        changedAtMs: Number(seconds) * 1_000,
        inode: Number(inode),
        links: Number(links),
      }
    },
    async read(path, maxBytes) {
      const said = await sh(READ, [path, String(maxBytes + 1)])
      const bytes = said === undefined ? undefined : Buffer.from(said, 'base64')
      if (bytes !== undefined && bytes.length > maxBytes)
        throw new Error(`it has more than ${maxBytes} bytes`)
      return bytes
    },
    async list(folder) {
      const said = await sh(LIST, [folder])
      return said
        ?.split('\0')
        .filter((name) => name !== '')
        .sort()
    },
    async write(path, content, mode) {
      const scratch = new Scratch()
      const input = openSync(scratch.write('content', content), 'r')
      try {
        await sh(WRITE, [dirname(path), path, mode.toString(8)], input)
      } finally {
        closeSync(input)
        scratch.remove()
      }
    },
    async remove(path) {
      await sh(REMOVE, [path])
    },
  }
}
