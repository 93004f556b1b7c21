import { relative } from 'node:path'

/** Returns whether cucumber takes a path for a pattern, which may well stand for no file. */
export function isPattern(path: string): boolean {
  return /[*?[]/.test(path) || CHOICE.test(path)
}

/**
 * Returns the pattern that stands for one file alone, as cucumber takes files; undefined where there is none. The pattern
 * is relative to `folder`, so that no name of a folder above it is part of it.
 */
export function patternFor(path: string, folder: string): string | undefined {
  const pattern = relative(folder, path).replace(/[[\]*?]/g, '[$&]')
  return CHOICE.test(pattern) ? undefined : pattern
}

/** Matches the signs of a choice between names, which cannot be escaped. */
const CHOICE = /\{[^}]*(?:,|\.\.)[^}]*\}|[+@!]\(/
