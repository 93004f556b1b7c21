import { sizeOf } from '../rollout/model/host_list'
import { clean } from '../rollout/model/verdict'
import { MODES } from '../run/modes'
import type { RunState } from '../run/run_state'

/** Returns the number of hosts that the features of a run are for; a single verdict may be of one wave. */
export function hostsOfRun(run: RunState): number {
  const features = new Set(run.plan.map(({ uri }) => uri))
  const hosts = new Set([...features].flatMap((uri) => run.hostsOf(uri).map(({ host }) => host)))
  const sizes = run.verdicts.map(({ verdict }) => sizeOf(verdict.cohorts))
  return hosts.size > 0 ? hosts.size : sizes.reduce((most, size) => Math.max(most, size), 0)
}

/**
 * Returns what is said behind the outcome of a run that changed nothing, or nothing for some of its features: they
 * stayed in safe mode. The text is empty for any other run.
 */
export function describeUnchanged(run: RunState): string {
  if (!MODES[run.mode].changes) return '; nothing was changed'
  const safe = run.featuresInSafeMode
  if (safe.length === 0) return ''
  const shown = safe.slice(0, MAX_NAMED).map((uri) => clean(uri))
  const more = safe.length > MAX_NAMED ? ` and ${safe.length - MAX_NAMED} more` : ''
  return `; nothing was changed by ${shown.join(', ')}${more}, still in safe mode`
}

const MAX_NAMED = 3
