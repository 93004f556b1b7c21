import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { findRuns, type WantedRuns } from '../../history/find_runs'
import { hostsNotBroughtOn } from '../../history/drift_check'
import { statesLeftBy } from '../../history/host_releases'
import { isForReal } from '../../history/lasting'
import { UNRELEASED, type HistoryEntry } from '../../history/history_record'
import { standingOf } from '../../history/standing'
import { runOfPart } from '../../history/deployed_commits'
import { MODES } from '../../run/modes'
import { JOURNAL_SUFFIX } from '../../system/journal_lines'
import type { CompareData, ReleaseSide } from './compare_page'
import type { ConsoleState } from './console_state'
import { MAX_RUNS, type HistoryData } from './history_page'
import { partOf } from './parts'
import type { ReleaseData } from './release_page'
import type { RunData } from './run_page'
import type { Sight } from './sight'

/** The releases of an environment that a list has, at most. */
const MAX_RELEASES = 200
/** The bytes of a feature's text that are shown. */
const MAX_TEXT_BYTES = 100_000

export function readHistory(
  wanted: WantedRuns,
  from: string | null,
  state: ConsoleState,
  sight: Sight,
): HistoryData {
  const { runs, damaged } = state.knowledge()
  const own = runs.filter(({ environment }) => sight.sees(environment))
  const environments = [...new Set(own.map(({ environment }) => environment))].sort()
  return {
    environments,
    wanted,
    found: partOf(findRuns(own, wanted).reverse(), from, MAX_RUNS),
    known: own.length,
    isWhole: sight.isWhole,
    releases: environments
      .filter((name) => wanted.environment === undefined || name === wanted.environment)
      .map((environment) => ({ environment, releases: releasesOf(own, environment) })),
    faults: sight.faults(damaged),
  }
}

/** Returns the releases of an environment, the one that was recorded last first. */
function releasesOf(runs: readonly HistoryEntry[], environment: string): string[] {
  const names = runs.filter((run) => run.environment === environment).map(({ release }) => release)
  return [...new Set(names.reverse())].slice(0, MAX_RELEASES)
}

/** Returns what is shown of a release; undefined for one that is not there, or that the reader may not see. */
export function readRelease(
  environment: string,
  release: string,
  from: string | null,
  state: ConsoleState,
  sight: Sight,
): ReleaseData | undefined {
  if (!sight.sees(environment)) return undefined
  const { runs, releases, damaged } = state.knowledge()
  const own = runs.filter((run) => run.environment === environment && run.release === release)
  if (own.length === 0) return undefined
  return {
    environment,
    release,
    live: standingOf(own, 'live'),
    noop: standingOf(own, 'noop'),
    runs: partOf([...own].reverse(), from, MAX_RUNS),
    hosts: releases.filter((each) => each.environment === environment && each.release === release),
    drift: [...own]
      .reverse()
      .flatMap(({ drift, run, ended }) => drift.map((each) => ({ ...each, run, at: ended }))),
    notBroughtOn: release === UNRELEASED ? [] : hostsNotBroughtOn(own, []),
    others: releasesOf(runs, environment).filter((name) => name !== release && name !== UNRELEASED),
    faults: sight.faults(damaged),
  }
}

/** Returns what is shown of a run; undefined for one that is not there, or that the reader may not see. */
export function readRun(
  { environment, release, run }: { environment: string; release: string; run: string },
  state: ConsoleState,
  sight: Sight,
): RunData | undefined {
  if (!sight.sees(environment)) return undefined
  const { runs, damaged } = state.knowledge()
  const record = runs.find(
    (each) => each.environment === environment && each.release === release && each.run === run,
  )
  // A record that a person has written by hand may be called anything.
  if (record === undefined || !/^[\w-]{1,80}$/.test(record.run)) return undefined
  const whole = runOfPart(record.run)
  return {
    record,
    run: whole,
    hasJournal: existsSync(join(state.sources.state, MODES.live.journals, `${whole}${JOURNAL_SUFFIX}`)),
    text: state.textOf(record)?.toString('utf8', 0, MAX_TEXT_BYTES),
    faults: sight.faults(damaged),
  }
}

/** Returns what is shown of two releases; undefined where one is not there, or the reader may not see it. */
export function readComparison(
  { environment, from, to }: { environment: string; from: string; to: string },
  state: ConsoleState,
  sight: Sight,
): CompareData | undefined {
  if (!sight.sees(environment)) return undefined
  const { runs, damaged } = state.knowledge()
  const side = (release: string): ReleaseSide | undefined => {
    const own = runs.filter((run) => run.environment === environment && run.release === release)
    if (own.length === 0) return undefined
    const live = own.filter(isForReal)
    return {
      release,
      states: statesLeftBy(own),
      hosts: [...new Set(live.flatMap(({ hosts }) => hosts))],
      parameters: live.at(-1)?.parameters ?? {},
    }
  }
  const [one, other] = [side(from), side(to)]
  return one === undefined || other === undefined
    ? undefined
    : { environment, from: one, to: other, faults: sight.faults(damaged) }
}
