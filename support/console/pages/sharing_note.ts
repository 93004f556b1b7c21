import { html as page, NOTHING, type Markup } from '../../reporting/html/markup'
import { formatLockstep, PLACES } from '../../system/commands'
import { faultsOf, timeOf } from './parts'
import type { Sight } from './sight'
import type { ConsoleSources } from './sources'

/** Milliseconds after which what others have shared is not fresh any more: it is read every 30 seconds. */
const FRESH_MS = 120_000

/**
 * Shows what is known of other control hosts where the history is shared: a page that has only the runs of this one does not look as if
 * it had all of them. Nothing is shown where it is not shared.
 */
export function sharingNote({ sharing, now }: ConsoleSources, sight: Sight, isOfNow: boolean): Markup {
  if (sharing === undefined) return NOTHING
  const { readAt, trouble } = sharing
  const until =
    readAt === undefined
      ? page`What other control hosts did has not been read yet since lockstep serve began; what was known before is shown.`
      : page`What other control hosts did is known as the shared history had it at ${timeOf(new Date(readAt).toISOString())}.`
  const isFresh = trouble === undefined && readAt !== undefined && now() - readAt <= FRESH_MS
  const faults = sight.faults(trouble === undefined ? [] : [trouble])
  const own = isOfNow
    ? page` Hosts out of rotation, rollouts under way and locks are those of this control host alone.`
    : NOTHING
  const ask = page`<code>${formatLockstep('history', PLACES)}</code>`
  return page`${faultsOf(faults)}<p class="${isFresh ? 'muted' : 'lead warn'}">${until}${own} What the shared history has now: ${ask}</p>
`
}
