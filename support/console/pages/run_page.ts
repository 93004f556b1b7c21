import { states, UNRELEASED, type HistoryEntry } from '../../history/history_record'
import { lastingChanges } from '../../history/lasting'
import { describeGate } from '../../rollout/model/gate'
import { clean, hosts as counted } from '../../rollout/model/verdict'
import { html as page, Markup, NOTHING } from '../../reporting/html/markup'
import { formatLockstep, PLACES } from '../../system/commands'
import { groupBy } from '../../system/groups'
import { ticketLink } from './history_page'
import { outcomeMark } from './outcome_marks'
import {
  addressOf,
  commandOf,
  facts,
  faultsOf,
  hostsOf,
  linkTo,
  listOf,
  markOf,
  nameOf,
  tableOf,
  timeOf,
} from './parts'

const MAX_CHANGES = 100
const MAX_SHOWN = 50
const MAX_LINES = 400
const MAX_GATES = 10

export interface RunData {
  record: HistoryEntry
  /** The id of the run, where the record is one of several features. */
  run: string
  /** True where its journal is there, which the page of the rollout is made from. */
  hasJournal: boolean
  /** The text that was run; undefined where it is gone. */
  text: string | undefined
  faults: readonly string[]
}

/** Shows a run with all that the history has of it. */
export function runPage({ record, run, hasJournal, text, faults }: RunData): Markup {
  const {
    environment,
    release,
    outcome,
    mode,
    by,
    began,
    ended,
    feature,
    tickets,
    hosts,
    outside = [],
  } = record
  const { out, notDone, restored, leftOut = [], drift, gates = [] } = record
  const parameters = Object.entries(record.parameters)
  const lists: [string, readonly string[]][] = [
    ['not brought to its end', notDone],
    ['failed, as they were allowed to', out],
    ['told to go back to the version before', restored],
    ['left alone by its limit', outside],
  ]
  const rows: [string, string | Markup][] = [
    ['outcome', markOf(outcomeMark({ outcome, mode }))],
    [
      'release',
      linkTo(addressOf('history', environment, release), release === UNRELEASED ? 'none' : nameOf(release)),
    ],
    ['environment', nameOf(environment)],
    ['feature', nameOf(feature)],
    ['by', nameOf(by)],
    ...(tickets.length === 0
      ? []
      : [
          ['for', page`${tickets.slice(0, 20).map((each) => page`${ticketLink(each)} `)}`] as [
            string,
            Markup,
          ],
        ]),
    ['began', timeOf(began)],
    ['ended', timeOf(ended)],
    ['hosts', page`${counted(hosts.length)}: ${hostsOf(hosts)}`],
    ...lists
      .filter(([, names]) => names.length > 0)
      .map(([what, names]): [string, Markup] => [
        what,
        page`<b class="bad">${counted(names.length)}</b>: ${hostsOf(names)}`,
      ]),
    ...gates.slice(-MAX_GATES).map((gate): [string, string] => ['gate', nameOf(describeGate(gate))]),
    ...(leftOut.length === 0
      ? []
      : [['scenarios left out', leftOut.slice(0, 10).map(nameOf).join(', ')] as [string, string]]),
    ...(parameters.length === 0
      ? []
      : [
          [
            'parameters',
            parameters
              .slice(0, 50)
              .map(([name, value]) => `${nameOf(name)}=${nameOf(value)}`)
              .join(', '),
          ] as [string, string],
        ]),
  ]
  return page`${faultsOf(faults)}${facts(rows)}${
    hasJournal
      ? page`<p>${linkTo(addressOf('rollouts', run), 'Every line, and what was seen on each host')}</p>\n<p>Write its reports again from its journal:</p>\n${commandOf(formatLockstep(`report ${run}`, PLACES))}`
      : page`<p class="muted">Its journal is not among those of live runs here; the history has a copy of it.</p>\n`
  }${changesSection(record)}${
    drift.length === 0
      ? NOTHING
      : page`<h2>Drift that it found <small>${drift.length}</small></h2>\n${listOf(
          drift.map(
            ({ host, what, since }) => page`<b>${nameOf(host)}</b> was done by run ${since}; ${clean(what)}`,
          ),
          MAX_SHOWN,
        )}`
  }${textSection(text)}`
}

function changesSection(record: HistoryEntry): Markup {
  const lasting = lastingChanges(record)
  const shown = record.mode === 'noop' ? record.changes.filter(({ temporary }) => !temporary) : lasting
  const groups = [
    ...groupBy(shown, ({ line, what, before, after, outcome }) =>
      JSON.stringify([line, what, before, after, outcome]),
    ).values(),
  ]
  const rows = groups.slice(0, MAX_CHANGES).flatMap((group) => {
    const [first] = group
    if (first === undefined) return []
    const state = states(first.before, first.after).replace(/^: /, '')
    const tone = first.outcome === 'done' || first.outcome === 'would be done' ? 'muted' : 'bad'
    return [
      [
        page`${clean(first.what)}`,
        page`${clean(state)}`,
        page`<span class="${tone}">${first.outcome}</span>`,
        hostsOf(
          group.map(({ host }) => host),
          6,
        ),
        page`${nameOf(record.feature)}:${first.line}`,
      ],
    ]
  })
  const left = groups.length - MAX_CHANGES
  const nothing = page`<p class="muted">No lasting change is in its record.</p>\n`
  return page`<h2>Changes <small>${shown.length === 0 ? '' : `${shown.length} on ${counted(new Set(shown.map(({ host }) => host)).size)}`}</small></h2>
${rows.length === 0 ? nothing : tableOf('Changes', ['what', 'state', 'outcome', 'hosts', 'line'], rows)}${
    left > 0
      ? page`<p class="muted">… and ${left} more kinds of change: <code>${formatLockstep('history --json', PLACES)}</code></p>\n`
      : NOTHING
  }`
}

function textSection(text: string | undefined): Markup {
  if (text === undefined)
    return page`<h2>The text that was run</h2>\n<p class="muted">It is not kept: the file had changed when the run ended.</p>\n`
  const lines = text.split('\n')
  const left = lines.length - MAX_LINES
  const numbered = lines.slice(0, MAX_LINES).map((line) => page`${indented(line)}\n`)
  return page`<h2>The text that was run</h2>
<pre class="text" tabindex="0" role="region" aria-label="The text that was run">${numbered}${left > 0 ? page`… and ${left} more lines\n` : NOTHING}</pre>
`
}

/** Returns a line with its indentation, which a text that is cleaned has lost. */
function indented(line: string): Markup {
  const [spaces = ''] = /^ {0,40}/.exec(line.replaceAll('\t', '    ')) ?? []
  return page`${new Markup(spaces)}${line}`
}
