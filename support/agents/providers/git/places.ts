import { lstatSync, readlinkSync, realpathSync } from 'node:fs'
import { join } from 'node:path'

/** The places of a repository within its folder. */
export interface Places {
  folder: string
  /** The bare repository. */
  repository: string
  /** A folder for each commit that was made ready. */
  releases: string
  /** The link to the release that is served. */
  current: string
  /** Indexes to compare files with; they are of no use once a look is over. */
  scratch: string
}

export function placesIn(folder: string): Places {
  return {
    folder,
    repository: join(folder, 'repository.git'),
    releases: join(folder, 'releases'),
    current: join(folder, 'current'),
    scratch: join(folder, 'tmp'),
  }
}

export type Current =
  { kind: 'none' } | { kind: 'release'; commit: string } | { kind: 'odd' | 'no link'; why: string }

const RELEASE = /^releases\/([0-9a-f]{40}|[0-9a-f]{64})$/

export function isCommitId(name: string): boolean {
  return RELEASE.test(`releases/${name}`)
}

/** Reads which release is served. A link that leads anywhere else than to a release of this folder is odd. */
export function readCurrent({ current, releases, folder }: Places): Current {
  let target: string
  try {
    target = readlinkSync(current)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return { kind: 'none' }
    if (code === 'EINVAL') return { kind: 'no link', why: `${current} is no link` }
    throw error
  }
  const [, commit] = RELEASE.exec(target) ?? []
  if (commit === undefined)
    return { kind: 'odd', why: `${current} leads to ${target}, which is no release of this repository` }
  const release = join(releases, commit)
  if (!isOwnFolder(release, folder))
    return { kind: 'odd', why: `${current} leads to ${release}, which is no folder of its own there` }
  return { kind: 'release', commit }
}

/** Returns whether there is a folder at a path within `folder`, and no link on the way to it. */
export function isOwnFolder(path: string, folder: string): boolean {
  try {
    return lstatSync(path).isDirectory() && realpathSync(path) === path.replace(folder, realpathSync(folder))
  } catch {
    return false
  }
}
