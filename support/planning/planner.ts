import { createHash } from 'node:crypto'
import { dirname } from 'node:path'
import { LockstepError } from '../system/errors'
import type { BeginAgain } from '../run/again'
import { changedBy, differences, hostsOfPlan, planPasses, plannedLines, type Plan } from './plan'
import { readPlan, writePlan } from './plan_file'
import type { Run } from '../run/run'

/** The target of a plan, beside what the features say. */
export interface PlannedFor {
  environment: string
  fleet: string
  parameters: Readonly<Record<string, string>>
  /** The hosts that the run is limited to, in ClusterShell's form. */
  limit?: string
}

const MAX_DIFFERENCES = 5

/** Writes down what a run has planned. @throws LockstepError `journal-failed` when that is not possible */
export function savePlan(run: Run, where: PlannedFor, reports: string, by: string, now: number): void {
  const plan = planOf(run, where)
  const { id, path } = writePlan(plan, { at: new Date(now).toISOString(), by, run: run.id }, reports)
  const changed = changedBy(run.state)
  const hosts = new Set(changed.map(({ host }) => host)).size
  run.stream.appendNow({ type: 'plan saved', plan: { id, path, changes: changed.length, hosts } })
}

/**
 * Plans again, and lets a run begin only where the approved plan is still what would be done. The new plan reads the
 * features again. What this run itself has read, and where it goes, has to be the same too.
 * @throws LockstepError `gate-closed` with the differences, `bad-input` when there is no such plan
 */
export async function expectPlanned(
  wanted: string,
  run: Run,
  where: PlannedFor,
  reports: string,
  beginAgain: BeginAgain,
): Promise<Plan> {
  const { id, content } = readPlan(wanted, reports)
  const { signal } = run.stopping
  if (!content.passes)
    throw new LockstepError(
      'gate-closed',
      `by the plan ${id} not every line would pass; mend that, and plan again`,
    )
  const endWait = run.tellWait({ what: 'the features to be planned again, for the approved plan' })
  const again = { profile: 'plan', purpose: { why: 'plan' }, signal } as const
  return beginAgain(again, ({ plan, said }) => {
    const now = newPlan(plan)
    if (now === undefined)
      throw new LockstepError(
        'gate-closed',
        `it cannot be told whether the plan ${id} still is what would be done: ${said}`,
      )
    const mine = { ...now, ...where, features: featuresOf(run, (path) => hostsOfPlan(now, path)) }
    const found = [...new Set([...differences(content, now), ...differences(content, mine)])]
    if (found.length === 0) {
      run.stream.appendNow({ type: 'plan kept', plan: id })
      return content
    }
    const more = found.length > MAX_DIFFERENCES ? `; and ${found.length - MAX_DIFFERENCES} more` : ''
    throw new LockstepError(
      'gate-closed',
      `the plan ${id} is not what would be done now: ${found.slice(0, MAX_DIFFERENCES).join('; ')}${more}. Nothing was changed; plan again, and have that approved`,
    )
  }).finally(endWait)
}

function planOf(run: Run, where: PlannedFor): Plan {
  const features = featuresOf(run, (uri) => run.state.hostsOf(uri).map(({ host }) => host))
  return {
    features,
    ...where,
    hosts: [...new Set(features.flatMap(({ hosts }) => hosts))].sort(),
    lines: plannedLines(run.state.verdicts),
    passes: run.state.refused === undefined && !run.hasStopped && planPasses(run.state.verdicts),
    ...(run.state.tags.size === 0
      ? {}
      : { tags: Object.fromEntries([...run.state.tags].sort(([a], [b]) => (a < b ? -1 : 1))) }),
  }
}

/** Returns the features of a run by the text that cucumber has read, and not by the files as they are now. */
function featuresOf(run: Run, hostsOf: (uri: string) => readonly string[]): Plan['features'] {
  const uris = [...new Set(run.state.plan.map(({ uri }) => uri))].sort()
  return uris.map((path) => ({
    path,
    sha256: createHash('sha256')
      .update(run.features.sources.get(path) ?? '')
      .digest('hex'),
    hosts: [...hostsOf(path)].sort(),
  }))
}

function newPlan(path: string | undefined): Plan | undefined {
  try {
    return path === undefined ? undefined : readPlan(path, dirname(path)).content
  } catch {
    return undefined
  }
}
