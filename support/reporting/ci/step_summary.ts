import { keyOf } from '../../run/scenario_runs'
import { clean, count, hasPassed, hosts as counted } from '../../rollout/model/verdict'
import { EXIT } from '../../system/errors'
import { byObligation } from '../host_table'
import { markdownTable, markdownText } from './markdown'
import { listHosts, oddHostsOf } from '../odd_hosts'
import { nothingIsOut, RESTORED } from '../../run/outcome'
import { plannedLines } from '../../planning/plan'
import { groupByEnding } from '../../rehearsal/told_endings'
import { MODES } from '../../run/modes'
import type { RunState } from '../../run/run_state'
import type { StepVerdict } from '../../run/run_parts'
import { caveatsOf, headFactsOf, qualifiedTitle } from '../about'
import { featureOutcomesOf, SIGN_OF } from '../feature_outcomes'
import { headlineOf } from '../headline'
import { advice } from '../advice'

const MAX_NAMES = 500
const MAX_REMARKS = 50

/**
 * Formats a run as Markdown, in at most `room` bytes of UTF-8. It begins with the outcome and the hosts that a person
 * has to look at. What is out of rotation and what is next follow. Then comes every line with its counts; the last ones
 * give way where there is no room.
 */
export function stepSummaryOf(run: RunState, room: number): string {
  const parts = [
    heading(run),
    list('Lines to look at', remarks(run)),
    list('Hosts to look at', odd(run)),
    list('What would change', changes(run)),
    list('Rehearsals', rehearsals(run)),
    list('Failed within the budget', out(run)),
    list(RESTORED, nameHosts(run.restored)),
    list('Not attempted', notAttempted(run)),
    outOfRotation(run),
    list('Next', next(run)),
    lines(run),
  ]
  return fitMarkdown(parts.filter(Boolean).join('\n\n'), room)
}

function next(run: RunState): string[] {
  return advice(run, run.outOfRotation.length > 0).map(({ what, command }) =>
    command === undefined ? what : `${what} ${command}`,
  )
}

function heading(run: RunState): string {
  const isRead = run.scenarioRuns.last === undefined && run.exitCode === EXIT.passed
  const title = isRead ? 'READ' : qualifiedTitle(run)
  const features = featureOutcomesOf(run)
  const names = features.map(({ uri, name, outcome }) =>
    features.length === 1 ? name || uri : `${SIGN_OF[outcome]} ${name || uri} (${outcome})`,
  )
  const facts = headFactsOf(run).map(({ name, text: value }) => `${name} ${value}`)
  const parts = [
    `## ${title}`,
    text(names.join(', ')),
    text(sentence(run, isRead)),
    ...caveatsOf(run).map((caveat) => `**${text(caveat)}**`),
    text(facts.join(' · ')),
  ]
  return parts.filter(Boolean).join('\n\n')
}

function sentence(run: RunState, isRead: boolean): string {
  return isRead ? 'every line is known' : headlineOf(run)
}

function remarks(run: RunState): string[] {
  const all = run.remarks.map(
    ({ uri, line, severity, message }) =>
      `${uri}:${line}: ${severity === 'warning' ? 'warning, ' : ''}${message}`,
  )
  const more = all.length - MAX_REMARKS
  return more > 0 ? [...all.slice(0, MAX_REMARKS), `… and ${more} more`] : all
}

function odd(run: RunState): string[] {
  const failed = run.verdicts.filter(({ verdict }) => !hasPassed(verdict) && verdict.tolerated !== true)
  return [
    ...failed.flatMap(({ line, verdict }) =>
      oddHostsOf(verdict, MAX_NAMES).map((who) => `line ${line}: ${who}`),
    ),
    ...run.faults.map(({ line, message }) => `line ${line}: ${message}`),
    ...run.undoneSteps.flatMap(({ what, verdict }) =>
      oddHostsOf(verdict, MAX_NAMES).map((who) => `on failure, ${what}: ${who}`),
    ),
  ]
}

function changes(run: RunState): string[] {
  if (run.planned === undefined) return []
  return plannedLines(run.verdicts).flatMap((line) =>
    line.hosts
      .filter((fate) => fate.changes)
      .map(({ seen, hosts }) => `${line.at}: ${clean(seen)}: ${listHosts(hosts, MAX_NAMES)}`),
  )
}

function rehearsals(run: RunState): string[] {
  return run.rehearsals.map((rehearsal) => {
    const { fault = 'nothing goes wrong', title, failures } = rehearsal
    const endings = groupByEnding(rehearsal).map(({ ending, folded }) => `${ending}: ${folded.join(', ')}`)
    const bad = failures.map((failure) => `${failure} (must not be)`)
    return [`${failures.length === 0 ? '✔' : '✘'} ${fault}: ${title}`, ...bad, ...endings].join('; ')
  })
}

function out(run: RunState): string[] {
  return [...run.out].slice(0, MAX_NAMES).map(([host, seen]) => `${host}: ${clean(seen)}`)
}

function notAttempted(run: RunState): string[] {
  return nameHosts(run.exitCode === EXIT.passed ? [] : run.notAttempted)
}

function nameHosts(hosts: readonly string[]): string[] {
  return hosts.length === 0 ? [] : [`${counted(hosts.length)}: ${listHosts(hosts, MAX_NAMES)}`]
}

function outOfRotation(run: RunState): string {
  const groups = [...byObligation(run.outOfRotation)]
  const told = run.verdicts.length > 1 && MODES[run.mode].purpose !== 'plan'
  if (groups.length === 0) return told ? nothingIsOut(run) : ''
  return list(
    'Still out of rotation',
    groups.map(([what, hosts]) => `${what}: ${counted(hosts.length)}: ${listHosts(hosts, MAX_NAMES)}`),
  )
}

/** Formats one table for each scenario, so that the waves of a rollout stand apart. */
function lines(run: RunState): string {
  const verdicts = new Map<string, StepVerdict[]>()
  for (const verdict of run.verdicts) {
    const own = verdicts.get(keyOf(verdict)) ?? []
    verdicts.set(keyOf(verdict), own)
    own.push(verdict)
  }
  return run.plan
    .map((scenario) => {
      const { name } = scenario
      const own = verdicts.get(keyOf(scenario)) ?? []
      if (own.length === 0) return ''
      const head = ['', 'line', 'step', 'expected', 'passed', 'diverged', 'silent', 'unexpected', 'out']
      return `### ${text(name)}\n\n${markdownTable([head, ...own.map((each) => row(each))])}`
    })
    .filter(Boolean)
    .join('\n\n')
}

function row({ line, text: step, verdict }: StepVerdict): string[] {
  const { expected, diverged, silent, unexpected, out: gone } = count(verdict)
  const sign = hasPassed(verdict) ? '✔' : verdict.tolerated === true ? '!' : '✘'
  const counts = [expected, expected - diverged - silent, diverged, silent, unexpected, gone]
  return [sign, String(line), clean(step), ...counts.map(String)]
}

function list(title: string, items: readonly string[]): string {
  return items.length === 0 ? '' : `**${title}**\n\n${items.map((item) => `- ${text(item)}`).join('\n')}`
}

function text(words: string): string {
  return markdownText(words)
}

/** Cuts Markdown to `room` bytes, by whole lines only: half a line could be other markup. */
function fitMarkdown(markdown: string, room: number): string {
  const end = '\n\n… the rest is in the reports of the run\n'
  if (Buffer.byteLength(markdown) + 2 <= room) return `${markdown}\n\n`
  let [used, kept] = [Buffer.byteLength(end), '']
  for (const line of markdown.split('\n')) {
    used += Buffer.byteLength(line) + 1
    if (used > room) break
    kept += `${line}\n`
  }
  return used > room && kept === '' ? '' : kept.trimEnd() + end
}
