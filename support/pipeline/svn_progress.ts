import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import * as v from 'valibot'
import { LockstepError } from '../system/errors'
import { makeFolder } from '../system/folders'
import { readRegularFile } from '../system/regular_file'
import { writeOnDisk } from './place_file'
import type { Refs } from './svn_refs'

/** A revision, and the branches and tags that were there in it. */
export interface RevisionRefs {
  revision: number
  refs: Refs
}

/** The last revision of a Subversion repository that was taken. */
export interface SvnProgress extends RevisionRefs {
  /** The address, and its layout: those of another one have nothing to do with it. */
  of: string
  uuid: string
  /** The revision that is being taken: its refs are told before it counts as taken. Null where there is none. */
  next: (RevisionRefs & { by: string | null }) | null
}

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0))
const refs = v.record(v.string(), v.string())
const form = v.strictObject({
  of: v.string(),
  uuid: v.string(),
  revision: count,
  refs,
  next: v.nullable(v.strictObject({ revision: count, refs, by: v.nullable(v.string()) })),
})

/**
 * Returns what was written down; undefined where nothing was.
 * @throws LockstepError `bad-config` for a file that says no progress
 */
export function readProgress(path: string): SvnProgress | undefined {
  if (!existsSync(path)) return undefined
  try {
    return v.parse(form, JSON.parse(readRegularFile(path).toString('utf8')))
  } catch (error) {
    throw new LockstepError(
      'bad-config',
      `${path} does not say which revisions were taken: ${(error as Error).message}; put it back, or remove it to begin with the next one`,
      { cause: error },
    )
  }
}

/** Writes it down, on disk when it returns. @throws Error when it cannot be written */
export function saveProgress(path: string, progress: SvnProgress): void {
  makeFolder(dirname(path), 0o700)
  writeOnDisk(path, JSON.stringify(progress))
}
