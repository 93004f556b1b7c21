import { join, resolve, sep } from 'node:path'
import { supportCodeLibraryBuilder } from '@cucumber/cucumber'
import type { ISupportCodeLibrary } from '@cucumber/cucumber/api'

/** The folders of Lockstep's own steps and hooks. */
const OWN = [__dirname + sep, join(__dirname, '..', '..', 'step_definitions') + sep]

const builder = supportCodeLibraryBuilder as unknown as {
  finalize: (...args: readonly unknown[]) => ISupportCodeLibrary
}
let loaded: ISupportCodeLibrary | undefined

// Cucumber hands the library to nobody but its own command, once the run is over.
const finalize = builder.finalize.bind(builder)
builder.finalize = (...args) => (loaded = finalize(...args))

/**
 * Returns the support code of this process where all of it is Lockstep's own, which keeps nothing from one run to the
 * next. Code of a team may: what a plan or a rehearsal leaves in a module of theirs would be found by the next run.
 */
export function ownSupportCode(): ISupportCodeLibrary | undefined {
  if (loaded === undefined) return undefined
  const { requireModules, requirePaths, importPaths, loaders } = loaded.originalCoordinates
  const isOwn = requirePaths.every((path) => OWN.some((folder) => resolve(path).startsWith(folder)))
  return isOwn && requireModules.length + importPaths.length + loaders.length === 0 ? loaded : undefined
}
