import { renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { LockstepError } from '../../system/errors'
import { makeFolder } from '../../system/folders'

/**
 * Writes files below `cwd`, all of them or none: each is complete beside its place before the first is put there.
 * @throws LockstepError `bad-input` with the name of the file that could not be written
 */
export function writeAll(cwd: string, files: ReadonlyMap<string, string>): void {
  const staged: string[] = []
  const folders: string[] = []
  let name = ''
  try {
    for (const [each, content] of files) {
      name = each
      const path = join(cwd, name)
      const made = makeFolder(dirname(path))
      if (made !== undefined) folders.push(made)
      const unfinished = `${path}.new`
      staged.push(unfinished)
      writeFileSync(unfinished, content, { mode: modeOf(path) })
    }
    for (name of files.keys()) renameSync(join(cwd, `${name}.new`), join(cwd, name))
  } catch (error) {
    for (const path of staged) rmSync(path, { force: true })
    for (const folder of folders) rmSync(folder, { recursive: true, force: true })
    const why = (error as Error).message
    throw new LockstepError('bad-input', `${name} could not be written: ${why}; nothing was`, {
      cause: error,
    })
  }
}

/** Returns the mode of the file that is there already, or 0o666. */
function modeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mode ?? 0o666
}
