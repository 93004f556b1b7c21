import { clean, hosts as counted } from '../rollout/model/verdict'
import { foldHosts } from '../rollout/model/fold_hosts'
import { nameHosts } from '../rollout/model/name_hosts'
import { padColumns } from '../system/columns'
import { formatDuration } from '../system/duration'
import { groupBy } from '../system/groups'
import { wrapWords } from '../system/wrapped'
import { formatAgents } from './host_answers'
import type { Survey, SurveyedHost } from './survey'
import { foldTimes } from './times'

const COLUMNS = 80
const INDENT = 12

/** Formats a survey for a person: how many hosts, how fast, then a row for each answer that hosts share. */
export function formatSurvey(survey: Survey): string {
  const { hosts, silent, unexpected, messages } = survey
  const rows = [...groupBy(hosts, keyOf).values()].sort((a, b) => b.length - a.length)
  const odd = messages.filter(({ fails }) => fails)
  const lines = [
    headOf(survey),
    ...timesOf(hosts),
    ...rows.flatMap((group) => ['', ...rowOf(group)]),
    ...(silent.length + unexpected.length + odd.length === 0 ? [] : ['']),
    ...labelled('silent', namesOf(silent)),
    ...labelled('unexpected', namesOf(unexpected)),
    ...odd.flatMap(({ host, detail }) => labelled('odd', `${clean(host)}: ${clean(detail)}`)),
  ]
  return `${lines.join('\n')}\n`
}

function headOf({ environment, hosts, expected, silent, unexpected }: Survey): string {
  const parts = [clean(environment), `${hosts.length === 0 ? 'no host' : counted(hosts.length)} answered`]
  if (expected === undefined) parts.push('no inventory says which should')
  else parts.push(`${expected.length} expected`, `${silent.length} silent`, `${unexpected.length} unexpected`)
  return parts.join(' · ')
}

function timesOf(hosts: readonly SurveyedHost[]): string[] {
  const times = foldTimes(hosts.map(({ ms }) => ms))
  if (times === undefined) return []
  const { first, median, last } = times
  return [`first ${formatDuration(first)} · median ${formatDuration(median)} · last ${formatDuration(last)}`]
}

function keyOf({ daemon, agents, trouble }: SurveyedHost): string {
  return JSON.stringify([daemon, agents, trouble])
}

function rowOf(group: readonly SurveyedHost[]): string[] {
  const [{ daemon, agents, trouble } = { daemon: undefined, agents: undefined, trouble: undefined }] = group
  return [
    ...labelled(counted(group.length), daemon ?? 'its daemon is not known'),
    // Hosts that answered alike may be counted; --json names each. Those that are silent or odd are all named.
    ...labelled('', nameHosts(group.map(({ host }) => host))),
    ...(agents === undefined ? [] : labelled('agents', formatAgents(agents, daemon))),
    ...(trouble === undefined ? [] : labelled('trouble', trouble)),
  ]
}

function namesOf(hosts: readonly string[]): string {
  return foldHosts(hosts).join(', ')
}

function labelled(label: string, text: string): string[] {
  if (text === '') return []
  return wrapWords(text, COLUMNS - INDENT).map(
    (line, index) => padColumns(index === 0 ? label : '', INDENT) + line,
  )
}
