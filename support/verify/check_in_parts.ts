import { statSync } from 'node:fs'
import { join } from 'node:path'
import type { Checked, FileToCheck, Surroundings } from './checker'
import { MAX_BYTES_OF_CALL, MAX_FILES_OF_CALL } from './limits'
import type { Remark } from './remark'

/**
 * Checks files in several calls of a program, each with a bounded number of files and bytes. A call that fails does not
 * keep the others from their answers.
 */
export async function checkInParts(
  files: readonly FileToCheck[],
  where: Surroundings,
  check: (part: readonly FileToCheck[]) => Promise<Checked>,
): Promise<Checked> {
  const remarks = new Map<string, readonly Remark[]>()
  let failure: string | undefined
  for (const part of partsOf(files, where.folder)) {
    const checked = await check(part)
    checked.remarks.forEach((each, name) => remarks.set(name, each))
    failure ??= checked.failure
  }
  return { remarks, ...(failure === undefined ? {} : { failure }) }
}

function partsOf(files: readonly FileToCheck[], folder: string): FileToCheck[][] {
  const parts: FileToCheck[][] = []
  let [part, bytes]: [FileToCheck[], number] = [[], 0]
  for (const file of files) {
    const { size } = statSync(join(folder, file.name))
    if (part.length >= MAX_FILES_OF_CALL || (part.length > 0 && bytes + size > MAX_BYTES_OF_CALL)) {
      parts.push(part)
      ;[part, bytes] = [[], 0]
    }
    part.push(file)
    bytes += size
  }
  return part.length === 0 ? parts : [...parts, part]
}
