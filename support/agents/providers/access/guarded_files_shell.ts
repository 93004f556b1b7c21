import { createHash, randomUUID } from 'node:crypto'
import { basename, dirname, join } from 'node:path'
import type { CommandRunner } from '../../../system/command'
import type { HostFiles } from '../../../system/host_files'
import { complaint, LOOK_WITHIN, toItsEnd } from '../programs'
import { FileChanged, MAX_GUARDED_BYTES, MODE_BITS, type FoundFile, type GuardedFiles } from './guarded_files'
import { READ_SCRIPT, REMOVE_SCRIPT, REPLACE_SCRIPT } from './guarded_scripts'

/** Bytes that a look may print: those of a file in base64, and a few words. */
const MAX_PRINTED = 2 * MAX_GUARDED_BYTES
const FILE = 0x8
const KINDS: Readonly<Record<number, string>> = { 0x4: 'a folder', 0x1: 'a pipe', 0xc: 'a socket' }
/** The words of the host's tools, and those for them here. */
const WORDS: readonly (readonly [RegExp, string, string])[] = [
  [/No such file or directory$/, 'it leads nowhere', 'ENOENT'],
  [/Permission denied$/, 'permission is denied', 'EACCES'],
  [/Too many levels of symbolic links$/, 'it is a link', 'ELOOP'],
]

/** Returns the guarded files of a host that has a shell, and the tools of GNU coreutils. */
export function shellGuardedFiles(
  run: CommandRunner,
  files: Pick<HostFiles, 'look' | 'write' | 'remove'>,
): GuardedFiles {
  const program = toItsEnd(run)
  const script = async (text: string, args: readonly string[]): Promise<string> => {
    const limits = { within: LOOK_WITHIN, outputAtMost: MAX_PRINTED }
    const ended = await program('sh', ['-c', text, 'sh', ...args], limits)
    if (ended.exitCode !== 0) throw complaint('sh', ended, /^\w+: /)
    return ended.stdout
  }
  return {
    read: async (path) =>
      parseFound(await script(READ_SCRIPT, [path, dirname(path), String(MAX_GUARDED_BYTES)])),
    async replace(path, found, text, keptAt = '') {
      const bytes = Buffer.from(text, 'latin1')
      const left = join(dirname(path), `.${basename(path)}.lockstep-new`)
      const next = `${left}-${randomUUID()}`
      try {
        // The text may be secret: it is in no argument of a program, which every user of the host could see.
        await files.write(next, bytes, 0o600)
      } catch (error) {
        await files.remove(next).catch(() => {})
        throw error
      }
      const was = `${hex(0o100000 | found.mode)} ${found.identity} ${found.links} ${found.uid} ${found.gid}`
      const said = await script(REPLACE_SCRIPT, [
        path,
        dirname(path),
        next,
        keptAt,
        was,
        hex(0o040000 | found.folderMode),
        sha256(Buffer.from(found.text, 'latin1')),
        sha256(bytes),
        `${found.uid}:${found.gid}`,
        (found.mode & MODE_BITS).toString(8).padStart(4, '0'),
        left,
      ])
      if (said === 'changed') throw new FileChanged(path)
      if (said !== 'done') throw new Error(`${path} may have been changed: the host does not say so`)
    },
    isThere: async (path) => (await files.look(path)) !== undefined,
    remove: async (path) => void (await script(REMOVE_SCRIPT, [path, dirname(path)])),
  }
}

/** @throws Error in words for what is no plain file of a size that is read */
function parseFound(said: string): FoundFile {
  const [seen = '', place = '', encoded = ''] = said.split('\n')
  const fault = /^fault (.*)$/s.exec(said)?.[1]
  if (fault !== undefined) throw inWords(fault)
  const [, mode = '', identity = '', links, uid, gid, size] =
    /^found ([0-9a-f]+) (\d+:\d+) (\d+) (\d+) (\d+) (\d+) /.exec(seen) ?? []
  if (!/^[0-9a-f]+$/.test(place) || identity === '') throw new Error(`the host says of it: ${seen}`)
  const bits = Number.parseInt(mode, 16)
  const kind = bits >> 12
  if (kind === 0xa) throw new Error('it is a link')
  if (kind !== FILE) throw new Error(`it is ${KINDS[kind] ?? 'a device'}; expected a file`)
  if (Number(size) > MAX_GUARDED_BYTES)
    throw new Error(`it has ${size} bytes; at most ${MAX_GUARDED_BYTES} are read`)
  const text = Buffer.from(encoded, 'base64').toString('latin1')
  if (!text.endsWith('ok') || text.length !== Number(size) + 2)
    throw new Error('it could not be read to its end')
  return {
    text: text.slice(0, -2),
    identity,
    links: Number(links),
    uid: Number(uid),
    gid: Number(gid),
    mode: bits & MODE_BITS,
    folderMode: Number.parseInt(place, 16) & MODE_BITS,
  }
}

function inWords(fault: string): Error {
  const [, words, code] = WORDS.find(([telling]) => telling.test(fault)) ?? []
  return Object.assign(new Error(words ?? fault), { code })
}

function hex(mode: number): string {
  return mode.toString(16)
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex')
}
