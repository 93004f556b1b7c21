import { hosts as counted } from '../../rollout/model/verdict'
import { formatTime } from '../../reporting/about'
import { NOTHING, namesOf, type Html, type Markup } from '../../reporting/html/markup'
import type { RunState } from '../../run/run_state'
import type { RunView } from './followed_run'

const MAX_NAMES = 60

/** Returns the path of the page of a run. */
export function pathOf(run: string): string {
  return `/rollouts/${encodeURIComponent(run)}`
}

/**
 * Shows the gate at which a run waits for a person, and where it is answered. A part of a page is for all who look, so that
 * the forms are on a page of their own.
 */
export function gateOf(page: Html, { state, course }: RunView): Markup {
  const gate = state.openGate
  if (gate === undefined || course === 'ended' || course === 'gone') return NOTHING
  const path = `${pathOf(state.id)}/gates/${encodeURIComponent(gate.gate)}`
  const ways = page`<p><a class="act" href="${path}">Approve…</a><a class="act" href="${path}">Refuse…</a></p>\n`
  return page`<section class="gate" aria-label="Waits for a person"><p><b>${gate.question}</b></p>
<p>It waits for approval since ${formatTime(Date.parse(gate.since))}, until ${formatTime(Date.parse(gate.until))}. ${outNow(page, state)}</p>
${course === 'under way' ? ways : NOTHING}</section>\n`
}

/** Names the hosts that are out of rotation while a run waits. */
export function outNow(page: Html, { outOfRotation }: Pick<RunState, 'outOfRotation'>): Markup {
  const hosts = [...new Set(outOfRotation.map(({ host }) => host))]
  return hosts.length === 0
    ? page`No host is out of rotation by it.`
    : page`<b>Out of rotation meanwhile: ${counted(hosts.length)}</b>, ${namesOf(page, hosts, MAX_NAMES)}.`
}

/** Shows where a run under way can be stopped. */
export function actsOf(page: Html, { state, course }: RunView): Markup {
  return course !== 'under way' || state.isInterrupted || !state.hasBegun
    ? NOTHING
    : page`<p><a class="act" href="${pathOf(state.id)}/stop">Stop…</a></p>\n`
}
