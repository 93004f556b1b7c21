import { existsSync } from 'node:fs'
import * as v from 'valibot'
import { writeOnDisk } from '../pipeline/place_file'
import { readRegularFile } from '../system/regular_file'

/** The most tags that are known again; one that has been forgotten is told once more. */
const MAX_TAGS = 5_000
const form = v.array(v.tuple([v.string(), v.string()]))

/** A tag at a commit, or at an object of its own. */
export interface TagAt {
  repository: string
  ref: string
  after: string
}

/**
 * The releases that a channel was told, by their tags, on disk: a tag that several triggers tell, or that is pushed again, is
 * told once. One that has moved is another release.
 */
export class ToldReleases {
  private readonly last: Map<string, string>

  constructor(
    private readonly path: string,
    onTrouble: (sentence: string) => void,
  ) {
    this.last = new Map(readTold(path, onTrouble))
  }

  /** Returns whether a channel was told of a tag where it is, as the last thing of that tag. */
  has(tag: TagAt): boolean {
    return this.last.get(nameOf(tag)) === tag.after
  }

  /** Adds what was told; it is on disk when this returns. @throws Error when it cannot be written */
  add(...tags: readonly TagAt[]): void {
    for (const tag of tags) {
      this.last.delete(nameOf(tag))
      this.last.set(nameOf(tag), tag.after)
    }
    for (const [oldest] of this.last) {
      if (this.last.size <= MAX_TAGS) break
      this.last.delete(oldest)
    }
    writeOnDisk(this.path, JSON.stringify([...this.last]))
  }
}

function nameOf({ repository, ref }: TagAt): string {
  return `${repository} ${ref}`
}

function readTold(path: string, onTrouble: (sentence: string) => void): [string, string][] {
  if (!existsSync(path)) return []
  try {
    return v.parse(form, JSON.parse(readRegularFile(path).toString('utf8')))
  } catch (error) {
    onTrouble(
      `${path} does not say which releases were told: ${(error as Error).message}; one that is pushed again is told once more`,
    )
    return []
  }
}
