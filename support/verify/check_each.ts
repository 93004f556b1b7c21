import type { Checked, Checker, FileToCheck, Surroundings } from './checker'
import type { Remark } from './remark'

/** The files that are judged one by one before the others are judged together again. */
const MAX_ALONE = 50
/** The most files that are found to be at fault for a check that ended before its time; no more are looked for. */
const MAX_AT_FAULT = 3

/** How long checks may take, in milliseconds. */
export interface CheckTimes {
  /** For files that are judged together. */
  togetherMs: number
  /** For a file that is judged alone. */
  aloneMs: number
}

/** The answers about all files. */
export interface CheckedEach extends Checked {
  /** Why files that were judged alone could not be checked, by their names. */
  atFault: ReadonlyMap<string, string>
}

/**
 * Checks files together. Where there is no answer for some, it judges them one by one: one of them ended the check, and
 * the others are innocent. What is in neither part of the answer was not reached.
 */
export async function checkEach(
  checker: Pick<Checker, 'check'>,
  files: readonly FileToCheck[],
  { folder, signal }: Surroundings,
  { togetherMs, aloneMs }: CheckTimes,
): Promise<CheckedEach> {
  const remarks = new Map<string, readonly Remark[]>()
  const atFault = new Map<string, string>()
  const check = async (some: readonly FileToCheck[], withinMs: number): Promise<string | undefined> => {
    const end = AbortSignal.any([signal, AbortSignal.timeout(withinMs)])
    const checked = await checker.check(some, { folder, signal: end })
    checked.remarks.forEach((each, name) => remarks.set(name, each))
    return checked.failure
  }
  const left = () => files.filter(({ name }) => !remarks.has(name) && !atFault.has(name))
  const mayGoOn = () => !signal.aborted && atFault.size < MAX_AT_FAULT
  let failure = await check(files, togetherMs)
  while (left().length > 0 && mayGoOn()) {
    for (const file of left().slice(0, MAX_ALONE)) {
      if (!mayGoOn()) break
      const why = await check([file], aloneMs)
      if (!remarks.has(file.name)) atFault.set(file.name, why ?? 'there was no answer')
      else failure = why
    }
    if (left().length > 0 && mayGoOn()) failure = await check(left(), togetherMs)
  }
  return { remarks, atFault, ...(failure === undefined ? {} : { failure }) }
}
