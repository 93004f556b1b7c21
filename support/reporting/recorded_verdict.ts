import { readRecordedRun } from '../run/recorded_run'
import { LockstepError } from '../system/errors'
import { qualifiedTitle } from './about'

/** Returns the verdict of a run by its own journal in a state folder; undefined where that does not tell it. */
export async function recordedVerdict(run: string, state: string, cwd: string): Promise<string | undefined> {
  try {
    const read = await readRecordedRun(run, state, cwd)
    const { ended } = read
    return ended !== undefined && ended.exitCode !== ended.derived ? undefined : qualifiedTitle(read)
  } catch (error) {
    if (error instanceof LockstepError) return undefined
    throw error
  }
}
