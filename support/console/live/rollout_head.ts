import { hosts as counted } from '../../rollout/model/verdict'
import { caveatsOf, qualifiedTitle, unjudgedTitle } from '../../reporting/about'
import { headlineOf } from '../../reporting/headline'
import { EXIT } from '../../system/errors'
import { NOTHING, namesOf, type Html, type Markup } from '../../reporting/html/markup'
import { aboutOf, featuresOf, toneOf } from '../../reporting/html/page_head'
import type { RunView } from './followed_run'

const MAX_NAMES = 60

/**
 * Returns the title of a run: its verdict, in the words of the terminal, only where it has one. Events alone look like
 * PASSED as long as nothing has failed.
 */
export function titleOf({ state, course }: RunView): string {
  if (course === 'broken') return 'NOT KNOWN'
  if (course === 'unknown') return unjudgedTitle('NOT ENDED', state)
  return course === 'under way' ? unjudgedTitle('UNDER WAY', state) : qualifiedTitle(state)
}

/** Returns where a run has come to, as a sentence to stand behind its title. */
export function sentenceOf(view: RunView): string {
  const { state, course, fault } = view
  if (course === 'broken') return fault ?? ''
  if (course === 'under way') return whereabouts(view)
  if (course === 'unknown')
    return `its journal has no end, and no process of it can be seen from here: it began as ${state.by || 'an unknown user'}; ${whereabouts(view)}`
  return view.putBack === undefined || state.refused !== undefined
    ? headlineOf(state)
    : putBackOf(view.putBack, state)
}

/** Returns what a run that puts hosts back came to: it has no lines that could pass. */
function putBackOf(back: ReadonlySet<string>, { exitCode }: RunView['state']): string {
  const seen = `${counted(back.size)} put back`
  return exitCode === EXIT.passed ? seen : `${seen}; not all that it was to put back were seen back`
}

/** Shows the title, the sentence, the hosts that are asked just now, and who ran what, when and where. */
export function headOf(page: Html, view: RunView): Markup {
  const { state, course } = view
  const isJudged = course === 'ended' || course === 'gone'
  const tone = isJudged ? toneOf(state) : course === 'broken' || state.hasStopped ? 'bad' : 'going'
  // A journal that does not tell everything is quoted for nothing else.
  const rest =
    course === 'broken'
      ? NOTHING
      : page`${isOfSeveral(view) ? featuresOf(page, state) : NOTHING}<p>${sentenceOf(view)}</p>\n${askedOf(page, view)}${aboutOf(page, state, !isJudged)}`
  const broken = course === 'broken' ? page`<p class="careful"><b>${sentenceOf(view)}</b></p>` : NOTHING
  const kind = isJudged && caveatsOf(state).length === 0 ? tone : `${tone} apart`
  return page`<header class="${kind}"><h2 class="verdict">${titleOf(view)}</h2>\n${broken}${rest}</header>\n`
}

/** Returns whether a run is of several features; the only one stands in the heading of the page. */
function isOfSeveral({ state: { plan } }: RunView): boolean {
  return plan.some(({ uri }) => uri !== plan[0]?.uri)
}

function whereabouts({ state }: RunView): string {
  if (state.refused !== undefined) return state.refused.message
  if (state.isInterrupted) return 'a person has asked to stop; what is begun comes to its end'
  const { uri, line, text } = state.stoppedAt ?? state.current
  if (state.hasFailed)
    return line > 0
      ? `it has failed at "${text}" (${uri}:${line}); what is begun comes to its end`
      : 'it has failed outside of its steps; what is begun comes to its end'
  return line > 0 ? `at "${text}" (${uri}:${line})` : 'before its first line'
}

/** Names the hosts whose answers are waited for. */
function askedOf(page: Html, { asked }: RunView): Markup {
  const each = asked.map(({ agent, action, hosts }) => {
    const who = hosts.length > MAX_NAMES ? page`${counted(hosts.length)}` : namesOf(page, hosts, MAX_NAMES)
    return page`<p class="asked">waiting for ${who}: ${agent} ${action}</p>\n`
  })
  return page`${each}`
}
