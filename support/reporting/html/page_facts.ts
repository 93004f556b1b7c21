import { sizeOf } from '../../rollout/model/host_list'
import { hosts as counted } from '../../rollout/model/verdict'
import { EXIT } from '../../system/errors'
import { describeGateEnd } from '../../rollout/model/gate'
import { keyOf } from '../../run/scenario_runs'
import type { RunState } from '../../run/run_state'
import { formatTime } from '../about'
import { byObligation } from '../host_table'
import { RESTORED } from '../../run/outcome'
import { namesOf, type Html, type Markup } from './markup'

export type Fact = readonly [name: string, text: Markup]

const MAX_NAMES = 500
/** The most kinds of answers, drifts and other facts of which each host may have its own. */
const MAX_KINDS = 500

/** Returns what else a person has to know of a run, worst first: what failed beside its lines, and unfinished hosts. */
export function factsOf(page: Html, run: RunState): Fact[] {
  const isWell = run.exitCode === EXIT.passed
  return [
    ...few(
      page,
      run.hookFaults.map((fault): Fact => ['A hook failed', page`${fault}`]),
    ),
    ...few(
      page,
      findUnplannedFaults(run).map(({ uri, line, message }): Fact => [
        'Failed',
        page`${uri}:${line}: ${message}`,
      ]),
    ),
    ...run.undoneSteps.map(({ what, verdict: { cohorts: all } }): Fact => [
      'On failure',
      page`${what}, on ${sizeOf(all.filter(({ passed }) => passed))} of ${counted(sizeOf(all))}`,
    ]),
    ...of(page, 'Not attempted', isWell ? [] : run.notAttempted),
    ...of(page, RESTORED, run.restored),
    ...few(
      page,
      run.drift.map(({ host, what, since }): Fact => [
        'Drift',
        page`${host} was done by run ${since}; ${what}`,
      ]),
    ),
    ...few(
      page,
      run.gates.flatMap(({ question, ended }): Fact[] =>
        ended === undefined
          ? []
          : [
              [
                'Approval',
                page`${question} ${describeGateEnd(ended)}, at ${formatTime(Date.parse(ended.at))}`,
              ],
            ],
      ),
    ),
    ...run.recoveries.map(({ path }): Fact => ['Recovery feature', page`${path}`]),
    ...run.notes.map((note): Fact => ['Noted', page`${note}`]),
    ...run.warnings.map((warning): Fact => ['Warning', page`${warning}`]),
  ]
}

/** Returns the remarks on lines of features that are known before anything is run. */
export function remarksOf(page: Html, { remarks }: RunState): Fact[] {
  return few(
    page,
    remarks.map(({ uri, line, severity, message }): Fact => [
      severity === 'error' ? 'Cannot be run' : 'Warning',
      page`${uri}:${line}: ${message}`,
    ]),
  )
}

/** Returns the obligations that are still open, each with its hosts. */
export function obligationsOf(page: Html, items: readonly { host: string; obligation: string }[]): Fact[] {
  return [...byObligation(items)].map(([obligation, hosts]) => [obligation, formatHosts(page, hosts)])
}

/** Returns the faults that belong to no line of a scenario, such as those of a scenario as a whole. */
function findUnplannedFaults({ plan, faults }: RunState): RunState['faults'] {
  const lines = new Set(plan.flatMap((each) => each.steps.map(({ line }) => `${keyOf(each)} ${line}`)))
  return faults.filter((fault) => !lines.has(`${keyOf(fault)} ${fault.line}`))
}

function of(page: Html, name: string, hosts: readonly string[]): Fact[] {
  return hosts.length === 0 ? [] : [[name, page`${counted(hosts.length)}: ${formatHosts(page, hosts)}`]]
}

function formatHosts(page: Html, hosts: readonly string[]): Markup {
  return namesOf(page, hosts, MAX_NAMES)
}

function few(page: Html, facts: readonly Fact[]): Fact[] {
  const more = facts.length - MAX_KINDS
  if (more <= 0) return [...facts]
  return [...facts.slice(0, MAX_KINDS), ['And', page`${more} more of them, in run.json`]]
}
