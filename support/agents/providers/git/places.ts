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

/** What has the name of the link; of a link, where it leads, and whether that is a folder of its own in the folder. */
export type LinkSight =
  { kind: 'none' } | { kind: 'no link' } | { kind: 'link'; target: string; isOwn: boolean }

export type Current =
  { kind: 'none' } | { kind: 'release'; commit: string } | { kind: 'odd' | 'no link'; why: string }

const RELEASE = /^releases\/([0-9a-f]{40}|[0-9a-f]{64})$/

export function isCommitId(name: string): boolean {
  return RELEASE.test(`releases/${name}`)
}

/** Judges which release is served. A link that leads anywhere else than to a release of this folder is odd. */
export function judgeLink(link: LinkSight, { current, releases }: Places): Current {
  if (link.kind === 'none') return { kind: 'none' }
  if (link.kind === 'no link') return { kind: 'no link', why: `${current} is no link` }
  const { target, isOwn } = link
  const [, commit] = RELEASE.exec(target) ?? []
  if (commit === undefined)
    return { kind: 'odd', why: `${current} leads to ${target}, which is no release of this repository` }
  if (!isOwn)
    return {
      kind: 'odd',
      why: `${current} leads to ${join(releases, commit)}, which is no folder of its own there`,
    }
  return { kind: 'release', commit }
}
