import { foldHosts } from '../rollout/model/fold_hosts'
import { describeGate } from '../rollout/model/gate'
import { nameHosts } from '../rollout/model/name_hosts'
import { clean, hosts as counted } from '../rollout/model/verdict'
import { states, type HistoryEntry } from './history_record'

/** The characters of a line, at most. */
const MAX_LINE = 400

/** Formats a run of the history as lines of text. */
export function formatEntry(run: HistoryEntry): string {
  const { head, lines } = describeEntry(run)
  return `${[head, ...lines.map((line) => `  ${line}`)].join('\n')}\n`
}

/** Describes a run: when, where and by whom in its head, and a line for each kind of change and of drift. */
export function describeEntry(run: HistoryEntry): { head: string; lines: string[] } {
  const {
    environment,
    release,
    mode,
    outcome,
    leftOut,
    outside,
    began,
    by,
    tickets,
    feature,
    changes,
    drift,
    out,
    gates = [],
  } = run
  const why = tickets.length === 0 ? '' : ` for ${tickets.join(', ')}`
  const alike = new Map<string, string[]>()
  for (const change of changes.filter(({ temporary }) => !temporary)) {
    const key = `${feature}:${change.line}  ${change.what}${states(change.before, change.after)}, ${change.outcome}`
    const hosts = alike.get(key) ?? []
    alike.set(key, hosts)
    hosts.push(change.host)
  }
  const part = leftOut === undefined ? '' : ' in part'
  const limited =
    outside === undefined
      ? []
      : [
          `limited to ${run.hosts.length} of ${counted(run.hosts.length + outside.length)}: ${nameHosts(run.hosts)}`,
        ]
  const head = `${began.slice(0, 16).replace('T', ' ')}  ${environment}  release ${release}  ${mode}, ${outcome}${part}  by ${by}${why}`
  const lines = [
    ...limited,
    ...gates.map(describeGate),
    ...[...alike].map(
      ([what, own]) => `${what}  ${own.length > 3 ? counted(own.length) : foldHosts(own).join(', ')}`,
    ),
    ...(alike.size === 0 ? [describeNoChange(run)] : []),
    ...(out.length === 0 ? [] : [`failed, as they were allowed to: ${foldHosts(out).join(', ')}`]),
    ...drift.map(({ host, what, since }) => `drift: ${host} was done by run ${since}; ${what}`),
  ]
  return { head: clean(head, MAX_LINE), lines: lines.map((line) => clean(line, MAX_LINE)) }
}

/** Says of a run without lasting changes whether it has changed hosts at all: traffic that it stopped may still be. */
function describeNoChange({ outcome, feature, changes }: HistoryEntry): string {
  if (outcome === 'cut off') return `no lasting change by ${feature} is known`
  return changes.length > 0
    ? `nothing lasting was changed by ${feature}`
    : `nothing was changed by ${feature}`
}
