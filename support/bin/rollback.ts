import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { writeRollback } from '../composition/write_rollback'
import { hosts as counted } from '../rollout/model/verdict'
import { surroundingsOf } from '../run/parameters'
import { unwritten } from '../run/report_files'
import { LockstepError } from '../system/errors'
import { writePieces } from '../system/whole_file'
import type { Call, Outcome } from './command'

interface Options {
  feature: string | undefined
  to: string | undefined
}

/**
 * Prints the feature that brings the hosts of a release back to the release before, or writes it to a file. It runs
 * nothing. The exit status is 6 where the history does not know for sure what was there before.
 */
export async function rollback({
  cwd,
  env,
  args: [release = ''],
  options: { feature, to },
}: Call<Options>): Promise<Outcome> {
  // A feature that was read, and perhaps mended, is not written over.
  if (to !== undefined && existsSync(resolve(cwd, to)))
    throw new LockstepError('bad-input', `${to} is there already; name another file, or move it away`)
  const written = await writeRollback({ release, feature, to }, surroundingsOf(env), cwd)
  const text = `${written.text.trimEnd()}\n`
  if (to === undefined) return { text, exitCode: 0 }
  try {
    writePieces(resolve(cwd, to), [text])
  } catch (error) {
    throw new LockstepError('bad-input', unwritten(to, error), { cause: error })
  }
  const lines = [
    `wrote ${to}: from release ${release} back to release ${written.to} on ${counted(written.hosts)}; nothing was run`,
    ...written.limits,
    'Read it, then:',
    ...written.commands.map((each) => `  ${each}`),
  ]
  return { text: `${lines.join('\n')}\n`, exitCode: 0 }
}
