import type { RunEntries } from './out_of_rotation'

/** The runs that each run goes on from, or clears up after. */
export type Links = ReadonlyMap<string, readonly string[]>

export function linksOf(records: readonly RunEntries[]): Links {
  return new Map(records.map(({ run, entries }) => [run, [...new Set(entries.flatMap(findFollowed))]]))
}

/**
 * Returns the named runs, those that they go on from, and all that go on from one of these. A run that takes up what
 * another has left also takes up what others have begun to take up.
 */
export function familyOf(runs: readonly string[], links: Links): string[] {
  const earlier = closure(runs, (run) => links.get(run) ?? [])
  const later = new Map<string, string[]>()
  for (const [run, followed] of links)
    for (const each of followed) later.set(each, [...(later.get(each) ?? []), run])
  return [...closure([...earlier], (run) => later.get(run) ?? [])]
}

function findFollowed(entry: RunEntries['entries'][number]): readonly string[] {
  if (entry.type !== 'run') return []
  return [...(entry.follows ?? []), ...(entry.resumes === undefined ? [] : [entry.resumes])]
}

function closure(from: readonly string[], next: (run: string) => readonly string[]): Set<string> {
  const all = new Set(from)
  for (const run of all) for (const other of next(run)) all.add(other)
  return all
}
