import { randomBytes } from 'node:crypto'
import type { FileSight, HostFiles } from '../system/host_files'
import type { Answer } from './answers'
import { quoteWord } from './quote'
import type { Sessions } from './sessions'

const MAX_TEXT = 64 * 1024
const MAX_NAMES = 16 * 1024 * 1024
const MAX_WRITTEN = 64 * 1024 * 1024
const NEVER = new AbortController().signal

/** Returns the files of a host that is reached by ssh; they throw SshFault where it is not. */
export function remoteFiles(sessions: Sessions): HostFiles {
  const call = async (task: Call): Promise<Buffer | undefined> => {
    const { words, path, outputAtMost = MAX_TEXT, input = Buffer.alloc(0) } = task
    const line = words.map(quoteWord).join(' ')
    const answer = await sessions.use(NEVER, (session) =>
      session.carryOut({
        id: randomBytes(8).toString('hex'),
        isKept: false,
        name: 'files',
        line,
        outputAtMost: Math.max(outputAtMost, MAX_TEXT),
        input,
      }),
    )
    if (answer.status === 0 && answer.fault === undefined) return answer.stdout
    if (isAbsent(answer)) return undefined
    throw new Error(`${path}: ${reasonOf(answer, path)}`)
  }

  return {
    async look(path) {
      const found = await call({ words: ['lk_look', checked(path)], path })
      return found === undefined ? undefined : sightFrom(found, path)
    },
    async read(path, maxBytes) {
      const outputAtMost = maxBytes + 1
      const words = ['lk_read', checked(path), String(outputAtMost)]
      const bytes = await call({ words, path, outputAtMost })
      if (bytes !== undefined && bytes.length > maxBytes)
        throw new Error(`${path}: it has more than ${maxBytes} bytes`)
      return bytes
    },
    async list(folder) {
      const bytes = await call({
        words: ['lk_list', checked(folder)],
        path: folder,
        outputAtMost: MAX_NAMES,
      })
      return bytes === undefined ? undefined : namesFrom(bytes, folder)
    },
    async write(path, content, mode) {
      const input = Buffer.from(content)
      if (input.length > MAX_WRITTEN)
        throw new Error(`${path}: more than ${MAX_WRITTEN} bytes are not written`)
      const beside = randomBytes(6).toString('hex')
      const words = ['lk_write', checked(path), mode.toString(8), String(input.length), beside]
      if ((await call({ words, path, input })) === undefined)
        throw new Error(`${path}: its folder is not there`)
    },
    async remove(path) {
      await call({ words: ['lk_remove', checked(path)], path })
    },
  }
}

interface Call {
  words: readonly string[]
  path: string
  outputAtMost?: number
  input?: Buffer
}

function checked(path: string): string {
  if (!path.startsWith('/')) throw new Error(`${path}: it is not an absolute path`)
  if (path.includes('\0')) throw new Error(`${JSON.stringify(path)}: a path has no NUL byte`)
  if (!path.isWellFormed()) throw new Error(`${JSON.stringify(path)}: a path has no half characters`)
  return path
}

/** Returns whether there is nothing at the path: the host's programs say so in words of the locale C. */
function isAbsent({ status, fault, stderr }: Answer): boolean {
  return (
    status === 1 &&
    fault === undefined &&
    /: (?:No such file or directory|Not a directory)\s*$/.test(lastOf(stderr))
  )
}

function reasonOf({ status, fault, stderr }: Answer, path: string): string {
  if (fault === 'disk' || fault === 'cut') return 'the disk of the host is full or read-only'
  const last = lastOf(stderr)
  if (last === '') return `the host's shell ended with ${status}${fault === undefined ? '' : ` (${fault})`}`
  const known = /(?:: |^)(it is no (?:file|folder): .*|[A-Z][a-z][^:]*)$/.exec(last.replaceAll(path, ''))
  return known?.[1] ?? last
}

function lastOf(bytes: Buffer): string {
  return bytes.toString('utf8').trim().split('\n').at(-1) ?? ''
}

const KINDS: Readonly<Record<number, FileSight['kind']>> = {
  0o100000: 'file',
  0o040000: 'folder',
  0o120000: 'link',
}

function sightFrom(found: Buffer, path: string): FileSight {
  const end = found.indexOf(0x0a)
  const [raw = '', uid, gid, bytes, inode, links, changed] = found.toString('latin1', 0, end).split(' ')
  const bits = parseInt(raw, 16)
  const [numbers, changedAt] = [[uid, gid, bytes, inode, links].map(Number), Number(changed)]
  if ([bits, changedAt, ...numbers].some(Number.isNaN))
    throw new Error(`${path}: the host's stat is not understood`)
  const kind = KINDS[bits & 0o170000] ?? 'other'
  const [ownUid = 0, ownGid = 0, size = 0, number = 0, count = 0] = numbers
  return {
    kind,
    leadsTo: kind === 'link' ? textOf(found.subarray(end + 1), path) : undefined,
    uid: ownUid,
    gid: ownGid,
    mode: bits & 0o7777,
    bytes: size,
    changedAtMs: changedAt * 1000,
    inode: number,
    links: count,
  }
}

function namesFrom(bytes: Buffer, folder: string): string[] {
  return textOf(bytes, folder).split('\0').slice(0, -1).sort()
}

function textOf(bytes: Buffer, path: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    throw new Error(`${path}: a name there is not UTF-8`)
  }
}
