import type { ProcessRun } from '../cucumber_process'
import { readText } from './files'
import type { Manual } from './manual'
import { runCucumber } from './processes'

/** Runs cucumber-js with the plan of the last run. */
export function runPlanned(manual: Manual, args: string): Promise<ProcessRun> {
  return runCucumber(manual, args, { LOCKSTEP_PLAN: planOf(manual).id })
}

export function editPlan(manual: Manual, from: string, to: string): void {
  const { path } = planOf(manual)
  manual.scratch.write(path, readText(manual, path).replaceAll(from, to))
}

export function planOf({ last }: Manual): { id: string; path: string } {
  const { plan } = last.report ?? {}
  if (plan === null || plan === undefined) throw new Error(`no plan was made:\n${last.stdout}`)
  return plan
}
