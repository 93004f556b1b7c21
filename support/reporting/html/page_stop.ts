import { groupUnexpected, hasPassed, hosts as counted } from '../../rollout/model/verdict'
import type { ListedCohort } from '../../rollout/model/host_list'
import type { Fault, StepVerdict } from '../../run/run_parts'
import type { RunState } from '../../run/run_state'
import { linesOf, namesOf, NOTHING, type Html, type Markup } from './markup'

/** The most lines, answers and names that stand on top; all of them stand below, with their scenario. */
const MAX_LINES = 3
const MAX_KINDS = 10
const MAX_NAMES = 60

/** Shows at which line a run failed, and what was seen of which hosts: the first thing that a person has to know. */
export function stopsOf(page: Html, run: RunState): Markup {
  const failed = run.verdicts.filter(({ verdict }) => verdict.tolerated !== true && !hasPassed(verdict))
  const stops = failed.slice(0, MAX_LINES).map((step) => stopOf(page, run, step))
  const faults = run.faults.slice(0, MAX_LINES).map((fault) => faultOf(page, fault))
  const all = [...stops, ...faults]
  const within = toleratedOf(page, run)
  if (all.length === 0) return within
  const more = failed.length + run.faults.length - all.length
  return page`<section class="stop">\n${all}${more > 0 ? page`<p>… and at ${more} more lines, below</p>\n` : NOTHING}</section>\n${within}`
}

/** Shows the hosts that failed and did not stop the run. */
function toleratedOf(page: Html, { out }: RunState): Markup {
  if (out.size === 0) return NOTHING
  const kinds = [...hostsByAnswer(out)]
  const rows = kinds
    .slice(0, MAX_KINDS)
    .map(
      ([seen, hosts]) =>
        page`<dt class="warn">failed</dt><dd>${namesOf(page, hosts, MAX_NAMES)}: ${seen}</dd>\n`,
    )
  const more = kinds.length - rows.length
  const rest = more > 0 ? page`<dt></dt><dd>… and ${more} other answers, in run.json</dd>\n` : NOTHING
  return page`<section class="stop within"><h2>Failed within the budget: ${counted(out.size)}</h2>\n<dl>${rows}${rest}</dl></section>\n`
}

function hostsByAnswer(out: ReadonlyMap<string, string>): Map<string, string[]> {
  const groups = new Map<string, string[]>()
  for (const [host, seen] of out) {
    const hosts = groups.get(seen) ?? []
    groups.set(seen, hosts)
    hosts.push(host)
  }
  return groups
}

function stopOf(page: Html, run: RunState, { uri, line, text, verdict }: StepVerdict): Markup {
  const odd = verdict.cohorts.filter(({ passed }) => !passed)
  const rows = odd.slice(0, MAX_KINDS).map((cohort) => cohortOf(page, run, cohort))
  const unexpected = groupUnexpected(verdict)
    .filter(({ fails }) => fails)
    .slice(0, MAX_KINDS)
    .map(
      ({ detail, hosts }) =>
        page`<dt class="bad">unexpected</dt><dd>${namesOf(page, hosts, MAX_NAMES)} ${detail}</dd>\n`,
    )
  const more = odd.length - rows.length
  const rest = more > 0 ? page`<dt></dt><dd>… and ${more} other answers, below</dd>\n` : NOTHING
  const nothing = odd.length + unexpected.length === 0 ? page`<dt></dt><dd>no host was asked</dd>\n` : NOTHING
  const verb = verdict.planned === true ? 'Would fail' : 'Failed'
  return page`<h2>${verb} at line ${line}: ${text} <span class="muted">${uri}:${line}</span></h2>
<dl>${rows}${unexpected}${rest}${nothing}</dl>\n`
}

function cohortOf(page: Html, run: RunState, { kind, seen, hosts }: ListedCohort): Markup {
  const names = namesOf(page, run.hosts.namesIn(hosts), MAX_NAMES)
  return page`<dt class="bad">${kind === 'silent' ? 'silent' : 'diverged'}</dt><dd>${names}: ${seen}</dd>\n`
}

function faultOf(page: Html, { uri, line, text, message }: Fault): Markup {
  return page`<h2>Failed at line ${line}: ${text} <span class="muted">${uri}:${line}</span></h2>\n${linesOf(page, message)}`
}
