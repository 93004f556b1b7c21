import { createHash, type Hash } from 'node:crypto'
import { constants, lstatSync, readlinkSync, realpathSync, type Stats } from 'node:fs'
import { chmod, lstat, mkdir, open, readdir, readlink, symlink, writeFile } from 'node:fs/promises'
import { dirname, join, relative, resolve, sep } from 'node:path'

/** Files, folders and links of one tree. */
const MAX_ENTRIES = 50_000
const MAX_BYTES = 512_000_000
const MAX_LINKS = 40
/** The bits by which others than the owner may write. */
const WRITABLE = 0o022
/**
 * What git keeps differs with each clone of one commit: it is looked at, and is not in the digest. A copy has that of the
 * code alone, by which a version may be told, and none that puppet could bring to hosts.
 */
const NOT_DIGESTED = '.git'

export interface CodeTree {
  /** The SHA-256 of the paths, kinds, modes and contents, in hexadecimal digits. */
  digest: string
  files: number
}

export interface TreeGuard {
  /** The user id to whom all has to belong: root's, 0. */
  owner: number
  /** The folder from which on parents are looked at: `/`. */
  root: string
}

const ROOT_ALONE: TreeGuard = { owner: 0, root: '/' }

/**
 * Returns the real path of a folder that root alone can change, with its name and all folders above it.
 * @throws Error that names what another user could change
 */
export function rootAlone(folder: string, guard: TreeGuard = ROOT_ALONE): string {
  let links = 0
  const walk = (path: string): string => {
    if (path === guard.root) return expectFolder(path, guard)
    const parent = walk(dirname(path))
    const at = join(parent, path.slice(path.lastIndexOf(sep) + 1))
    const stats = statsOf(at)
    if (!stats.isSymbolicLink()) return expectFolder(at, guard)
    links += 1
    if (links > MAX_LINKS) throw new Error(`${folder} leads through too many links`)
    expectOwned(at, stats, guard)
    return walk(resolve(parent, readlinkSync(at)))
  }
  const real = walk(resolve(folder))
  // The walk and the system agree, or something has moved meanwhile.
  if (realpathSync(folder) !== real) throw new Error(`${folder} was changed while it was looked at`)
  return real
}

/**
 * Reads a tree of code that root alone can change, and copies what it reads where `to` is given: what is applied is then
 * what the digest is of, whatever becomes of the folder meanwhile.
 * @throws Error that names what is no plain file, folder or link within the tree, or what another user could change
 */
export async function readTree(
  from: string,
  { to, signal, guard = ROOT_ALONE }: { to?: string; signal: AbortSignal; guard?: TreeGuard },
): Promise<CodeTree> {
  const tree: Walk = { from, to, signal, guard, hash: createHash('sha256'), files: 0, entries: 0, bytes: 0 }
  await readFolder(tree, '', true)
  return { digest: tree.hash.digest('hex'), files: tree.files }
}

interface Walk {
  from: string
  to: string | undefined
  signal: AbortSignal
  guard: TreeGuard
  hash: Hash
  files: number
  entries: number
  bytes: number
}

async function readFolder(tree: Walk, path: string, isDigested: boolean): Promise<void> {
  const { from, guard, signal } = tree
  const to = copyOf(tree, path)
  const stats = await lstat(join(from, path))
  expectFolderStats(join(from, path), stats, guard)
  if (to !== undefined) await mkdir(to, { mode: 0o700, recursive: path === '' })
  if (isDigested && path !== '') note(tree, 'folder', path, stats, '')
  const names = (await readdir(join(from, path))).sort()
  for (const name of names) {
    signal.throwIfAborted()
    tree.entries += 1
    if (tree.entries > MAX_ENTRIES) throw new Error(`${from} has more than ${MAX_ENTRIES} files`)
    await readEntry(tree, path === '' ? name : `${path}/${name}`, isDigested && name !== NOT_DIGESTED)
  }
  if (to !== undefined) await chmod(to, stats.mode & 0o777)
}

async function readEntry(tree: Walk, path: string, isDigested: boolean): Promise<void> {
  const { from, guard } = tree
  const to = copyOf(tree, path)
  const at = join(from, path)
  const stats = await lstat(at)
  if (stats.isDirectory()) return readFolder(tree, path, isDigested)
  expectOwned(at, stats, guard)
  if (stats.isSymbolicLink()) {
    const target = await readlink(at)
    expectWithin(from, at, target)
    if (
      isDigested &&
      relative(from, resolve(dirname(at), target))
        .split(sep)
        .includes(NOT_DIGESTED)
    )
      throw new Error(`the link ${at} leads to ${target}: what git keeps is not part of the code`)
    if (isDigested) note(tree, 'link', path, undefined, target)
    if (to !== undefined) await symlink(target, to)
    return
  }
  if (!stats.isFile()) throw new Error(`${at} is neither a file nor a folder: it is not applied`)
  const { content, mode } = await readPlain(tree, at)
  tree.files += 1
  if (isDigested) note(tree, 'file', path, { mode }, content)
  if (to === undefined) return
  await writeFile(to, content, { mode: 0o600, flag: 'wx' })
  await chmod(to, mode & 0o777)
}

/** Returns the path of a copy; undefined for what is not copied. */
function copyOf({ to }: Walk, path: string): string | undefined {
  return to === undefined || path.includes(`/${NOT_DIGESTED}/`) || path.endsWith(`/${NOT_DIGESTED}`)
    ? undefined
    : join(to, path)
}

/** Reads a file through one descriptor, so that what is judged is what is read. */
async function readPlain(tree: Walk, at: string): Promise<{ content: Buffer; mode: number }> {
  const file = await open(at, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  try {
    const stats = await file.stat()
    if (!stats.isFile()) throw new Error(`${at} is neither a file nor a folder: it is not applied`)
    expectOwned(at, stats, tree.guard)
    tree.bytes += stats.size
    if (tree.bytes > MAX_BYTES) throw new Error(`${tree.from} has more than ${MAX_BYTES} bytes`)
    return { content: await file.readFile(), mode: stats.mode }
  } finally {
    await file.close()
  }
}

/** Adds an entry to the digest. Lengths stand before what may have any bytes: no two trees give the same text. */
function note(
  { hash }: Walk,
  kind: 'file' | 'folder' | 'link',
  path: string,
  stats: Pick<Stats, 'mode'> | undefined,
  content: string | Buffer,
): void {
  const mode = stats === undefined ? '-' : (stats.mode & 0o7777).toString(8)
  hash.update(`${JSON.stringify([kind, path, mode, Buffer.byteLength(content)])}\n`).update(content)
}

/** Expects that a link leads to something within the tree, by a relative path: a copy of it does so too. */
function expectWithin(from: string, at: string, target: string): void {
  const to = relative(from, resolve(dirname(at), target))
  // Behind a name that is a link itself, `..` would lead elsewhere than the text says.
  const isOut =
    target.startsWith('/') ||
    /(?:[^./]|\.{3})[^/]*\/+\.\.(?:\/|$)/.test(target) ||
    to === '..' ||
    to.startsWith(`..${sep}`)
  if (isOut) throw new Error(`the link ${at} leads out of ${from}, to ${target}: it is not followed`)
}

function expectFolder(path: string, guard: TreeGuard): string {
  expectFolderStats(path, statsOf(path), guard)
  return path
}

function expectFolderStats(path: string, stats: Stats, guard: TreeGuard): void {
  if (!stats.isDirectory()) throw new Error(`${path} is no folder`)
  expectOwned(path, stats, guard)
}

/** Expects that nobody but the owner can write. A link has no mode of its own. */
function expectOwned(path: string, stats: Stats, { owner }: TreeGuard): void {
  const [who, whom] = owner === 0 ? ['root', 'root'] : [`user ${owner}`, `user ${owner}`]
  if (stats.uid !== owner)
    throw new Error(
      `${path} belongs to user ${stats.uid}: code is applied only where all of it, and all folders above it, belong to ${who}`,
    )
  if (!stats.isSymbolicLink() && (stats.mode & WRITABLE) !== 0)
    throw new Error(
      `${path} can be written by others (mode ${(stats.mode & 0o7777).toString(8).padStart(4, '0')}): code is applied only where ${whom} alone can change it and all folders above it`,
    )
}

function statsOf(path: string): Stats {
  try {
    return lstatSync(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT')
      throw new Error(`${path} is not there`, { cause: error })
    throw error
  }
}
