import { createHash } from 'node:crypto'
import { EXIT } from '../../system/errors'
import type { RunState } from '../../run/run_state'
import { caveatsOf, headFactsOf, qualifiedTitle } from '../about'
import { featureOutcomesOf, SIGN_OF, type FeatureOutcome } from '../feature_outcomes'
import { headlineOf } from '../headline'
import { Markup, NOTHING, type Html } from './markup'
import { STYLE } from './page_style'

export type Tone = 'good' | 'warn' | 'bad'

/** The most features whose names stand in the title. */
const MAX_TITLED = 3
const MAX_FEATURES = 20

/** Returns the beginning of the page, up to its body. Its policy lets nothing in: no script, and no other style. */
export function beginningOf(page: Html, run: RunState): Markup {
  const names = featureNames(run)
  const more = names.length > MAX_TITLED ? ['…'] : []
  const feature = [...names.slice(0, MAX_TITLED), ...more].join(', ')
  const title = [qualifiedTitle(run), feature, run.hasBegun ? run.environment : '']
    .filter(Boolean)
    .join(' · ')
  return page`<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'sha256-${STYLE_HASH}'; img-src data:; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<link rel="icon" href="${iconOf(toneOf(run), caveatsOf(run).length === 0)}">
<style>${new Markup(STYLE)}</style></head>
<body>
`
}

const STYLE_HASH = createHash('sha256').update(STYLE).digest('base64')

/** Shows the verdict, why it may not be taken for a live one, where the run came to, and who ran what, when and where. */
export function headOf(page: Html, run: RunState): Markup {
  const names = featuresOf(page, run)
  const kind = caveatsOf(run).length === 0 ? toneOf(run) : `${toneOf(run)} apart`
  return page`<header class="${kind}"><h1>${qualifiedTitle(run)}</h1>
${names}<p>${headlineOf(run)}</p>
${aboutOf(page, run)}</header>\n`
}

/** Shows why a run may not be taken for a live one, and who ran what, when and where. */
export function aboutOf(page: Html, run: RunState, isUnderWay = false): Markup {
  const caveats = caveatsOf(run).map((caveat) => page`<p class="careful"><b>${caveat}</b></p>\n`)
  const facts = headFactsOf(run)
    .filter(({ name }) => !isUnderWay || name !== 'exit status')
    .map(({ name, text, at }) => {
      const value = at === undefined ? page`${text}` : timeElement(page, text, at)
      return page`<div><dt>${name}</dt><dd>${value}</dd></div>\n`
    })
  return page`${caveats}<dl class="about">${facts}</dl>`
}

/** Names the features: of several each has what became of it, and those that did not pass stand first. */
export function featuresOf(page: Html, run: RunState): Markup {
  const all = featureOutcomesOf(run)
  const [first] = all
  if (all.length === 1 && first !== undefined)
    return page`<p class="feature">${first.name || first.uri}</p>\n`
  const sorted = [...all].sort((a, b) => Number(a.outcome === 'passed') - Number(b.outcome === 'passed'))
  const shown = sorted.slice(0, MAX_FEATURES).map(({ uri, name, outcome }) => {
    const sign = page`<span class="${TONE_OF[outcome]}">${SIGN_OF[outcome]}</span>`
    return page`<p class="feature">${sign} ${name || uri} <span class="muted">${outcome}</span></p>\n`
  })
  const more = all.length - shown.length
  return page`${shown}${more > 0 ? page`<p class="muted">… and ${more} more features</p>\n` : NOTHING}`
}

function timeElement(page: Html, text: string, at: number): Markup {
  return page`<time datetime="${new Date(at).toISOString()}">${text}</time>`
}

function featureNames({ plan }: RunState): string[] {
  return [...new Map(plan.map(({ uri, feature = '' }) => [uri, feature || uri])).values()]
}

export function toneOf({ exitCode }: RunState): Tone {
  if (exitCode === EXIT.passed) return 'good'
  return exitCode === EXIT.passedWithFailures ? 'warn' : 'bad'
}

const TONE_OF: Readonly<Record<FeatureOutcome, Tone | 'muted'>> = {
  passed: 'good',
  failed: 'bad',
  unfinished: 'bad',
  'not attempted': 'muted',
}

const SHAPES: Readonly<Record<Tone, { colour: string; outline: string; sign: string }>> = {
  good: { colour: '#1a7f4b', outline: "<circle cx='16' cy='16' r='13'", sign: 'M9 17l5 5 9-11' },
  warn: { colour: '#8f5a00', outline: "<path d='M16 3l13 25H3z'", sign: 'M16 12v8m0 4v1' },
  bad: {
    colour: '#c62828',
    outline: "<rect x='3' y='3' width='26' height='26' rx='3'",
    sign: 'M10 10l12 12m0-12L10 22',
  },
}

/** Returns the icon as an address with all of it: filled for a live rollout to all hosts, hollow for anything else. */
function iconOf(tone: Tone, isWhole: boolean): string {
  const { colour, outline, sign } = SHAPES[tone]
  const [fill, ink] = isWhole ? [colour, '#fff'] : ['#fff', colour]
  const svg = `<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'>${outline} fill='${fill}' stroke='${colour}' stroke-width='3'/><path d='${sign}' fill='none' stroke='${ink}' stroke-width='4'/></svg>`
  return `data:image/svg+xml,${encodeURIComponent(svg)}`
}
