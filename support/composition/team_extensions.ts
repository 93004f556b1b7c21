import { readFileSync } from 'node:fs'
import { noExtensions, type Extensions } from '../extensions/extensions'
import { configPath, type RunSurroundings } from '../run/parameters'
import { lazy } from './lazy'

/**
 * Loads the code of a team that lockstep.yaml names; none where there is no such file. It is the same for every
 * environment, so every command knows what a rollout in any of them has taken out.
 * @throws LockstepError `bad-config`
 */
export function loadTeamExtensions(
  context: Pick<RunSurroundings, 'env' | 'hostname' | 'uid'>,
  cwd: string,
): Extensions {
  const path = configPath(context, cwd)
  if (path === undefined || !mayNameExtensions(path)) return noExtensions()
  const { readExtensionFiles, loadExtensions } = lazy.extensions
  return loadExtensions(readExtensionFiles(path))
}

/** Returns whether a file has the word at all. The reader of YAML and all schemas take time at every start. */
function mayNameExtensions(path: string): boolean {
  try {
    return readFileSync(path, 'utf8').includes('extensions')
  } catch {
    return true
  }
}
