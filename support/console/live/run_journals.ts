import { join } from 'node:path'
import { MODES } from '../../run/modes'
import { JOURNAL_SUFFIX } from '../../system/journal_lines'
import { namesIn } from '../../system/regular_file'

export interface RunJournal {
  run: string
  path: string
  /** The path within the folder of the state, as people are told it. */
  name: string
}

/** The folders of rollouts: those to a fleet, and those to simulated hosts. */
const FOLDERS = [
  ...new Set(
    Object.values(MODES).flatMap(({ purpose, journals }) => (purpose === 'rollout' ? [journals] : [])),
  ),
]

/**
 * Returns the journals of rollouts in a folder of the state, the newest first. A request chooses one of them by its
 * name, and never says a path.
 * @throws Error of the system where a folder cannot be listed
 */
export function listRunJournals(state: string): RunJournal[] {
  const all = FOLDERS.flatMap((folder) =>
    namesIn(join(state, folder))
      .filter((name) => name.endsWith(JOURNAL_SUFFIX))
      .map((name) => ({
        run: name.slice(0, -JOURNAL_SUFFIX.length),
        path: join(state, folder, name),
        name: join(folder, name),
      })),
  )
  return all.sort((a, b) => (a.run < b.run ? 1 : a.run > b.run ? -1 : 0))
}
