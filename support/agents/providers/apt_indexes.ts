import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * Returns when the oldest of apt's indexes was made by its repository, in seconds since 1970; undefined where none says.
 * `folder` is where apt keeps them.
 */
export async function oldestIndex(folder: string): Promise<number | undefined> {
  const found = await readdir(folder).catch((): string[] => [])
  const names = found.filter((name) => /_(?:In)?Release$/.test(name))
  const dates = await Promise.all(
    names.map(async (name) => {
      const [, date = ''] = /^Date: *(.+)$/m.exec(await readFile(join(folder, name), 'utf8')) ?? []
      return Date.parse(date)
    }),
  )
  const known = dates.filter(Number.isFinite)
  return known.length === 0 ? undefined : Math.floor(Math.min(...known) / 1000)
}
