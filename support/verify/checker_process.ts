import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { runCommand, type CommandResult } from '../system/command'
import type { Checked, FileToCheck, Surroundings } from './checker'
import { MAX_CHECKER_MEMORY_MB } from './limits'
import type { Remark } from './remark'

/** The file in which the process finds the names of the files to check. */
export const LIST = 'files.json'
const MAX_OUTPUT = 64 * 1024 * 1024
/** The beginning of a line of the answer: no library that prints by itself is taken for it. */
export const ANSWER = 'lockstep-checked '

/** One line of the answer of a process. */
export interface Answer {
  name: string
  remarks: readonly Remark[]
}

/**
 * Checks files in a process of its own, whose time and memory are bounded: it can be ended while it reads a hostile text.
 * The process inherits no variable.
 */
export async function checkInProcess(
  program: readonly string[],
  files: readonly FileToCheck[],
  { folder, signal }: Surroundings,
): Promise<Checked> {
  listFiles(files, folder)
  const result = await runCommand(
    process.execPath,
    [`--max-old-space-size=${MAX_CHECKER_MEMORY_MB}`, ...program],
    { cwd: folder, signal, inherits: () => false, env: { HOME: folder }, outputAtMost: MAX_OUTPUT },
  )
  return parseAnswers(result)
}

/** Leaves the names of the files to check for a process. */
export function listFiles(files: readonly FileToCheck[], folder: string): void {
  writeFileSync(join(folder, LIST), JSON.stringify(files.map(({ name }) => name)))
}

/** Returns the answers of a process that has ended. A process that did not end in order has failed, with its answers. */
export function parseAnswers({ exitCode, stdout, failure }: Omit<CommandResult, 'output'>): Checked {
  const remarks = new Map<string, readonly Remark[]>()
  for (const line of stdout.split('\n')) {
    if (!line.startsWith(ANSWER)) continue
    const answer = parseAnswer(line.slice(ANSWER.length))
    if (answer !== undefined) remarks.set(answer.name, answer.remarks)
  }
  const why = failure ?? (exitCode === 0 ? undefined : `the check ended with ${exitCode}`)
  return { remarks, ...(why === undefined ? {} : { failure: why }) }
}

/** Returns an answer; undefined for a line that was cut off. */
function parseAnswer(text: string): Answer | undefined {
  try {
    return JSON.parse(text) as Answer
  } catch {
    return undefined
  }
}
