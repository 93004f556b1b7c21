import { clean } from '../../rollout/model/verdict'
import type { RunState } from '../../run/run_state'
import { caveatsOf, headFactsOf, qualifiedTitle } from '../about'
import { suitesOf, type Case, type Result, type Suite } from './suites'
import { element, opening, xmlText } from './xml'

/**
 * Formats suites as JUnit XML, in the words that Jenkins, GitLab and the plugins of others have in common (Jenkins'
 * junit-10.xsd). The suites are read twice: their totals stand in front of them.
 */
export function* junitOf(suites: Iterable<Suite>, head: JunitHead): Iterable<string> {
  let [tests, failures, errors, took] = [0, 0, 0, 0]
  for (const suite of suites) {
    const own = totals(suite.cases)
    tests += own.tests
    failures += own.failures
    errors += own.errors
    took += suite.took
  }
  const root = { name: head.name, tests, failures, errors, time: seconds(took) }
  yield `<?xml version="1.0" encoding="UTF-8"?>\n${opening('testsuites', root)}`
  for (const suite of suites) yield* suiteOf(suite, head)
  yield '\n</testsuites>\n'
}

/** The facts of a run as a whole in a JUnit report; `finished` is in milliseconds since 1970. */
export interface JunitHead {
  name: string
  finished: number
  /** The facts that every suite repeats: readers show suites, and not the report as a whole. */
  facts: readonly { name: string; text: string }[]
}

/** Returns the JUnit report of a run, in pieces. */
export function junitOfRun(run: RunState): Iterable<string> {
  const head = {
    name: [`lockstep ${run.id}`, qualifiedTitle(run), ...(run.hasBegun ? [clean(run.environment)] : [])].join(
      ' · ',
    ),
    finished: run.endedAt,
    facts: [
      { name: 'verdict', text: qualifiedTitle(run) },
      ...caveatsOf(run).map((text) => ({ name: 'caveat', text })),
      ...headFactsOf(run),
    ],
  }
  return junitOf({ [Symbol.iterator]: () => suitesOf(run)[Symbol.iterator]() }, head)
}

/** Formats a suite, a case a piece. */
function* suiteOf(suite: Suite, { finished, facts }: JunitHead): Iterable<string> {
  const { name, uri, cases, began = finished, took } = suite
  const attributes = {
    name: uri === '' ? name : `${uri}: ${name}`,
    ...totals(cases),
    time: seconds(took),
    timestamp: new Date(began).toISOString().slice(0, 19),
    file: uri || undefined,
  }
  // Hosts move at the same time. Readers that add up their times must get the time of the scenario.
  const time = seconds(took / Math.max(1, cases.length))
  const classname = classOf(suite)
  yield `\n${opening('testsuite', attributes)}`
  if (facts.length > 0) yield `\n${element('properties', {}, facts.map(propertyOf).join(''))}`
  for (const each of cases)
    yield `\n${element('testcase', { classname, name: each.name, time }, resultOf(each))}`
  yield '\n</testsuite>'
}

/**
 * Returns the class name of a suite. Jenkins takes what is before the last dot for a package, and shows it as a folder.
 */
function classOf({ uri, name }: Suite): string {
  const last = name.replaceAll('.', '_')
  return uri === '' ? last : `${uri.replace(/\.feature$/, '')}.${last}`
}

function propertyOf({ name, text }: JunitHead['facts'][number]): string {
  return element('property', { name, value: text })
}

function resultOf({ result }: Case): string {
  if (result.kind === 'passed') return ''
  if (result.kind === 'skipped') return element('skipped', { message: result.message })
  const { kind, type, message, details } = result
  return element(kind, { type, message }, xmlText(details))
}

function totals(cases: readonly Case[]) {
  const of = (kind: Result['kind']) => cases.filter(({ result }) => result.kind === kind).length
  return { tests: cases.length, failures: of('failure'), errors: of('error'), skipped: of('skipped') }
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(6)
}
