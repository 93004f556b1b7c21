import type { Conclusion, Journal, JournalEntry } from '../rollout/model/journal_entry'
import type { Rollout } from '../rollout/rollout'
import type { SaidWaves } from '../run/event_recorder'
import type { Run } from '../run/run'
import type { Appending } from './feature_journals'

/** Returns a journal that tells the waves of a rollout before each verdict, where they are not told yet. */
export function tellingWaves(
  run: Run,
  feature: string,
  rollout: () => Rollout | undefined,
  journal: Appending = run.stream,
): Journal {
  return {
    async append(entry: JournalEntry | Conclusion) {
      const own = entry.type === 'verdict' ? rollout() : undefined
      if (own !== undefined) await tellWaves(run, feature, own, journal)
      await journal.append(entry)
    },
  }
}

/** Tells the waves of a rollout where the run's events do not have them as they are. */
export async function tellWaves(
  run: Run,
  feature: string,
  { waves }: Rollout,
  journal: Appending = run.stream,
): Promise<void> {
  const { taken } = waves
  if (taken.length === 0) return
  const { state } = run
  if (state.hasWaves(feature, taken)) return
  await journal.append(wavesOf(waves))
}

function wavesOf({ taken, toCome, left }: Rollout['waves']): SaidWaves {
  const all = [...taken, ...toCome].map(({ name, hosts }) => ({ name, hosts }))
  const placed = new Set(all.flatMap(({ hosts }) => hosts))
  return { type: 'waves', taken: taken.length, waves: all, left: left.filter((host) => !placed.has(host)) }
}
