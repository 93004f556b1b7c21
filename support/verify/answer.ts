import { readFileSync } from 'node:fs'
import { writeNow } from '../system/output'
import { ANSWER, LIST, type Answer } from './checker_process'
import type { Remark } from './remark'

/** Judges each file that the current folder lists, and answers after each, so that one which ends the process is known. */
export function answerEach(judge: (name: string, text: string) => readonly Remark[]): void {
  for (const name of listed())
    answer({ name, remarks: judgeSafely(() => judge(name, readFileSync(name, 'utf8'))) })
}

/** Returns the names of the files to check. */
export function listed(): string[] {
  return JSON.parse(readFileSync(LIST, 'utf8')) as string[]
}

/** Tells of one file that it is checked, before the next one may end the process. */
export function answer(checked: Answer): void {
  writeNow(1, [`${ANSWER}${JSON.stringify(checked)}\n`])
}

/** A library that gives up on a hostile text, for instance where it is nested too deeply, has found a fault of it. */
function judgeSafely(judge: () => readonly Remark[]): readonly Remark[] {
  try {
    return judge()
  } catch (error) {
    return [{ severity: 'error', line: undefined, message: `it cannot be read: ${(error as Error).message}` }]
  }
}
