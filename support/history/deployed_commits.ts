import type { HistoryEntry } from './history_record'

/** A rollout that told hosts to serve a commit. */
export interface CarryingRun {
  /** The id of the run, which may have had other features too. */
  run: string
  environment: string
  /** The tag by which the commit was deployed. */
  tag: string
  began: string
}

const DEPLOY = /^git: deploy (\S+) (\S+) ([0-9a-f]{40}|[0-9a-f]{64})$/

/**
 * Returns the live runs that told a host to serve a commit, oldest first, by repository and commit as `keyOfCommit` has
 * them. The order counts, and not its result: how a run ended, the run itself says.
 */
export function carryingRuns(
  runs: readonly Pick<HistoryEntry, 'run' | 'environment' | 'mode' | 'began' | 'changes'>[],
): Map<string, CarryingRun[]> {
  const byCommit = new Map<string, Map<string, CarryingRun>>()
  const live = runs.filter(({ mode }) => mode === 'live').sort((a, b) => (a.began < b.began ? -1 : 1))
  for (const { run: part, environment, began, changes } of live) {
    const run = runOfPart(part)
    for (const { what, outcome } of changes) {
      const [, repository = '', tag = '', commit = ''] = DEPLOY.exec(what) ?? []
      if (commit === '' || outcome === 'would be done') continue
      const key = keyOfCommit(repository, commit)
      const known = byCommit.get(key) ?? new Map<string, CarryingRun>()
      byCommit.set(key, known)
      if (!known.has(run)) known.set(run, { run, environment, tag, began })
    }
  }
  return new Map([...byCommit].map(([key, known]) => [key, [...known.values()]]))
}

export function keyOfCommit(repository: string, commit: string): string {
  return `${repository} ${commit}`
}

/** Returns the run of a record: those of its later features have a number behind its id. */
export function runOfPart(part: string): string {
  return part.replace(/(-[0-9a-f]{4})-\d+$/, '$1')
}

/** A rollout that told hosts to serve a commit, with its verdict; undefined where its journal does not tell it. */
export type CarriedRollout = CarryingRun & { verdict: string | undefined }
export type RolloutsOf = (repository: string, commit: string) => readonly CarriedRollout[]

/** Resolves with the rollouts of commits by the history. `verdictOf` tells how one ended, and is asked once for each. */
export async function rolloutsOfCommits(
  commits: readonly { repository: string; commit: string }[],
  runs: Parameters<typeof carryingRuns>[0],
  verdictOf: (run: string) => Promise<string | undefined>,
): Promise<RolloutsOf> {
  const all = carryingRuns(runs)
  const verdicts = new Map<string, Promise<string | undefined>>()
  const found = new Map<string, readonly CarriedRollout[]>()
  for (const { repository, commit } of commits) {
    const key = keyOfCommit(repository, commit)
    const carrying: CarriedRollout[] = []
    for (const each of all.get(key) ?? []) {
      const verdict = verdicts.get(each.run) ?? verdictOf(each.run)
      verdicts.set(each.run, verdict)
      carrying.push({ ...each, verdict: await verdict })
    }
    found.set(key, carrying)
  }
  return (repository, commit) => found.get(keyOfCommit(repository, commit)) ?? []
}
