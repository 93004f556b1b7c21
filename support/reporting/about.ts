import { describeGateEnd } from '../rollout/model/gate'
import { clean, hosts as counted } from '../rollout/model/verdict'
import { describeLimited, limitOf } from '../run/limited'
import { changesFleet, MODES, type Mode } from '../run/modes'
import { titleOf } from '../run/outcome'
import type { RunState } from '../run/run_state'
import { formatDuration } from '../system/duration'

/** A fact that stands at the head of every report of a run; `at` is in milliseconds since 1970. */
export interface HeadFact {
  name: string
  text: string
  at?: number
}

/** The gates of a run that every report names; the history has all of them. */
const MAX_GATES = 5

/** Returns who ran what, where, when and for how long. The words are the same in every report. */
export function headFactsOf(run: RunState): HeadFact[] {
  const { beganAt, endedAt, release, resumes, tickets, ended, exitCode } = run
  const took = formatDuration(run.took)
  const facts: (HeadFact | undefined)[] = [
    run.hasBegun ? { name: 'environment', text: run.environment } : undefined,
    run.hasBegun ? { name: 'mode', text: MODES[modeOfRun(run)].label } : undefined,
    release === undefined ? undefined : { name: 'release', text: release },
    tickets.length === 0
      ? undefined
      : { name: tickets.length === 1 ? 'ticket' : 'tickets', text: tickets.join(', ') },
    run.by === '' ? undefined : { name: 'by', text: run.by },
    ...run.gates
      .flatMap(({ ended: over }) =>
        over === undefined ? [] : [{ name: 'gate', text: describeGateEnd(over) }],
      )
      .slice(-MAX_GATES),
    { name: 'began', text: formatTime(beganAt), at: beganAt },
    { name: ended === undefined ? 'last known' : 'ended', text: formatTime(endedAt), at: endedAt },
    { name: 'took', text: ended === undefined ? `at least ${took}` : took },
    { name: 'run', text: run.id },
    resumes === undefined ? undefined : { name: 'resumes', text: resumes },
    { name: 'exit status', text: String(exitCode) },
  ]
  return facts.filter((fact) => fact !== undefined)
}

/**
 * Returns the verdict of a run as its title: `PASSED`, and `PASSED (safe mode, 2 of 25 hosts)` for what is no live
 * rollout to all hosts.
 */
export function qualifiedTitle(run: RunState): string {
  const mode = modeOfRun(run)
  const title = titleOf(run.exitCode, mode)
  const saysItself = !run.hasBegun || mode === 'live' || title !== titleOf(run.exitCode, 'live')
  return qualify(title, [...(saysItself ? [] : [MODES[mode].label]), ...limitsOf(run)])
}

/** Returns the title of a run that has no verdict, such as `UNDER WAY`, with what keeps it from being a whole live one. */
export function unjudgedTitle(title: string, run: RunState): string {
  const mode = modeOfRun(run)
  return qualify(title, [...(!run.hasBegun || mode === 'live' ? [] : [MODES[mode].label]), ...limitsOf(run)])
}

function qualify(title: string, qualities: readonly string[]): string {
  return qualities.length === 0 ? title : `${title} (${qualities.join(', ')})`
}

function limitsOf(run: RunState): string[] {
  if (run.limit === undefined) return []
  const known = limitOf(run)
  return [known === undefined ? 'limited' : `${known.within} of ${counted(known.of)}`]
}

/**
 * Returns why a run is not to be taken for a live rollout to all hosts, as sentences; none where every line was carried
 * out for real on all of them.
 */
export function caveatsOf(run: RunState): string[] {
  const limited = describeLimited(run)
  return [...modeCaveats(run), ...(limited === undefined ? [] : [`This run is ${limited}.`])]
}

function modeCaveats(run: RunState): string[] {
  if (!run.hasBegun) return ['Nothing was sent to any host.']
  const { caveat } = MODES[modeOfRun(run)]
  if (caveat !== undefined) return [caveat]
  const safe = run.featuresInSafeMode.map((uri) => clean(uri))
  return safe.length === 0 ? [] : [`Safe mode: nothing was changed by ${safe.join(', ')}.`]
}

/**
 * Returns the mode that a run is to be read by. A run that changed the fleet was live, even where the feature that came
 * last is in safe mode.
 */
export function modeOfRun({ mode, verdicts }: RunState): Mode {
  return verdicts.some((verdict) => changesFleet(verdict.mode)) ? 'live' : mode
}

/** Formats a time to the second, in UTC. `ms` is in milliseconds since 1970. */
export function formatTime(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19).replace('T', ' ')} UTC`
}
