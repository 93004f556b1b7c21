import { html, Markup, NOTHING } from '../../reporting/html/markup'
import { PUT_BACK } from '../../rollout/model/out_of_rotation'
import { formatTime } from '../../reporting/about'
import { formatPlace } from './part_book'
import type { Watcher } from './watcher'

/** Seconds after which a page without its script is loaded again, while its rollout is under way. */
const RELOAD_AFTER_S = 10

/** Returns the name of a rollout, as its page is called: its features and its environment. */
export function nameOf({ view: { state, putBack } }: Pick<Watcher, 'view'>): string {
  const names = [...new Map(state.plan.map(({ uri, feature }) => [uri, feature || uri])).values()]
  if (names.length === 0) return `${putBack === undefined ? 'Rollout' : PUT_BACK} in ${state.environment}`
  const more = names.length > 3 ? ' …' : ''
  return `${names.slice(0, 3).join(', ')}${more} in ${state.environment}`
}

/**
 * Shows a rollout as it is now, whole without a script. The script of the console finds its events by `data-events`,
 * and goes on from `data-place`.
 */
export function rolloutPage(run: string, { book, isClosed }: Watcher, now: number): Markup {
  const parts = [...book.texts()].map(([key, text]) => wrap(key, text))
  const at = formatTime(now)
  const path = `/rollouts/${encodeURIComponent(run)}`
  const live = isClosed
    ? NOTHING
    : html`<noscript><meta http-equiv="refresh" content="${RELOAD_AFTER_S}" /></noscript>
        <p
          class="live"
          id="live"
          role="status"
          data-events="${path}/events"
          data-place="${formatPlace(book.place)}"
          data-at="${new Date(now).toISOString()}"
        >
          As of ${at}. <a href="${path}">Load again</a>
        </p> `
  const script = isClosed ? NOTHING : html`<script src="/console.js" defer></script> `
  return html`<link rel="stylesheet" href="/rollout.css" /> ${live}
    <div class="rollout" id="rollout">${parts}</div>
    ${script}`
}

/** Wraps the text of a part, which is markup already. */
function wrap(key: string, text: string): Markup {
  return html`<div id="part-${key}">${new Markup(text)}</div>`
}
