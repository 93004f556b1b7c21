import type { DataFunction } from '../../protocol/compound'
import type { Plain } from '../../protocol/plain'

/** Resolves with the data of a function such as `fstat('/etc/motd')`; undefined for an unknown one. */
export type DataLookup = (
  name: string,
  argument: string,
) => Promise<Readonly<Record<string, Plain>> | undefined>

/**
 * Judges by data that has to be asked for. The judgement is made again, with what it has asked for, until it asks for nothing
 * that it has not had: what counts is the last one, and what it does beside judging it does each time.
 */
export async function judgeWithData<T>(lookup: DataLookup, judge: (data: DataFunction) => T): Promise<T> {
  const known = new Map<string, Readonly<Record<string, Plain>> | undefined>()
  for (;;) {
    const missing = new Map<string, readonly [string, string]>()
    const data: DataFunction = (name, argument, field) => {
      const key = JSON.stringify([name, argument])
      if (!known.has(key)) missing.set(key, [name, argument])
      const found = known.get(key)
      return found !== undefined && Object.hasOwn(found, field) ? found[field] : undefined
    }
    const judgement = judge(data)
    if (missing.size === 0) return judgement
    await Promise.all(
      [...missing].map(async ([key, [name, argument]]) => known.set(key, await lookup(name, argument))),
    )
  }
}
