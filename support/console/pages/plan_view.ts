import { html as page, NOTHING, type Markup } from '../../reporting/html/markup'
import { hosts as counted } from '../../rollout/model/verdict'
import type { Plan, PlannedLine } from '../../planning/plan'
import { facts, hostsOf, linkTo, markOf, nameOf } from './parts'

/** The hosts of a plan are all named: a yes to it is one to each of them. */
const ALL = Infinity

/** Shows all that a plan binds: its name, its features, its values, its hosts, and what each line would change. */
export function planView(name: string, plan: Plan): Markup {
  const { features, environment, parameters, limit, hosts, lines, tags = {} } = plan
  const values = Object.entries(parameters).map(([key, value]) => page`<b>${key}</b> ${value}<br>`)
  const at = Object.entries(tags).map(([tag, commit]) => page`<b>${tag}</b> at <code>${commit}</code><br>`)
  const rows: [string, string | Markup][] = [
    ['plan', page`<code>${name}</code>`],
    ['environment', nameOf(environment)],
    ['feature', page`${features.map(({ path }) => page`${path}<br>`)}`],
    ...(at.length === 0 ? [] : [['tag', page`${at}`] as [string, Markup]]),
    ...(values.length === 0 ? [] : [['values', page`${values}`] as [string, Markup]]),
    ['hosts', page`${counted(hosts.length)}: ${hostsOf(hosts, ALL)}`],
    ...(limit === undefined ? [] : [['limited to', limit] as [string, string]]),
  ]
  return page`${facts(rows)}<h2>Each line <small>${lines.length}</small></h2>
<ol class="plain">${lines.map(lineOf)}</ol>
`
}

/** Shows why there is no plan to see, in place of it. */
export function noPlan(why: string): Markup {
  return page`<p class="lead bad">${why}</p>\n`
}

function lineOf({ at, text, hosts }: PlannedLine): Markup {
  const changes = hosts.some(({ affectsOthers }) => affectsOthers)
  const cohorts = hosts.map(
    (each) =>
      page`<li>${each.affectsOthers ? page`${markOf({ text: 'changes', tone: 'warn' })} ` : NOTHING}<b>${hostsOf(each.hosts, ALL)}</b>: ${each.seen}</li>\n`,
  )
  return page`<li class="run"><p>${changes ? page`<b>${text}</b>` : text} <span class="muted">${at}</span></p>
<ul>${cohorts}</ul></li>
`
}

/** Leads to the page of a run. */
export function linkToRun(run: string): Markup {
  return linkTo(`/rollouts/${encodeURIComponent(run)}`, run)
}
