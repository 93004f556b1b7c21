import { join } from 'node:path'
import type { Plan } from '../../planning/plan'
import { readPlan } from '../../planning/plan_file'
import { planOf, type Start } from '../../starts/start_state'
import { LockstepError } from '../../system/errors'

/** Returns the plan of a start, or why it cannot be seen; undefined before there is one. */
export function plannedIn(start: Start, runs: string): Plan | string | undefined {
  const plan = planOf(start)
  if (plan === undefined) return undefined
  try {
    return readPlan(plan.name, join(runs, plan.run)).content
  } catch (error) {
    if (error instanceof LockstepError) return error.message
    throw error
  }
}
