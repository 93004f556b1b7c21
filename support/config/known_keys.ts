import * as v from 'valibot'
import { isLike, nearest } from './nearest'

/** Returns a mapping's schema in which every key is known; for any other key it names the nearest known one. */
export function allowKnownKeys<const E extends v.ObjectEntries>(entries: E) {
  return v.strictObject(entries, (issue) =>
    issue.expected === 'never' ? nearest(keyOf(issue), Object.keys(entries)) : issue.message,
  )
}

/** Returns the kind of mapping that a value resembles, by the key that each kind has. Its own faults are named then. */
export function kindMeant<S>(value: unknown, kinds: Readonly<Record<string, S>>): S | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  const keys = Object.keys(value)
  const names = Object.keys(kinds)
  const name =
    names.find((each) => keys.includes(each)) ?? names.find((each) => keys.some((key) => isLike(key, each)))
  return name === undefined ? undefined : kinds[name]
}

function keyOf({ path }: v.BaseIssue<unknown>): string {
  return (path?.at(-1)?.key ?? '') as string
}
