import { html as page, Markup, namesOf, NOTHING } from '../../reporting/html/markup'
import { clean } from '../../rollout/model/verdict'

/** The most names of hosts, or ranges of them, in one place. */
const MAX_NAMES = 12
/** The characters of a name of others, at most: a release, a ticket, a branch. */
const MAX_NAME = 120

/** A sign of how something went: its words, and the colour that they have. */
export interface Mark {
  text: string
  tone: 'good' | 'bad' | 'warn' | 'muted'
}

/** Returns a name that others gave, cut in length. */
export function nameOf(name: string): string {
  return clean(name, MAX_NAME)
}

export function hostsOf(hosts: readonly string[], most = MAX_NAMES): Markup {
  return namesOf(page, hosts, most)
}

export function markOf({ text, tone }: Mark): Markup {
  return page`<span class="mark ${tone}">${text}</span>`
}

/** Shows a moment to the minute, in UTC as all files have it. Something else than a moment is shown as it is. */
export function timeOf(at: string): Markup {
  const time = Date.parse(at)
  if (Number.isNaN(time)) return page`${clean(at, 40)}`
  const iso = new Date(time).toISOString()
  return page`<time datetime="${iso}">${iso.slice(0, 16).replace('T', ' ')} UTC</time>`
}

/** Shows how long ago a moment was, in its largest unit. */
export function ageOf(at: string, now: number): Markup {
  const minutes = Math.floor((now - Date.parse(at)) / 60_000)
  if (!(minutes >= 1)) return NOTHING
  const [n, unit] =
    minutes < 60
      ? [minutes, 'min']
      : minutes < 2_880
        ? [Math.floor(minutes / 60), 'h']
        : [Math.floor(minutes / 1_440), 'days']
  return page` <span class="muted">(${n} ${unit} ago)</span>`
}

/** Shows a command that a person can paste. */
export function commandOf(text: string): Markup {
  return page`<pre><code>${text}</code></pre>\n`
}

/** Returns an address with its parts encoded. */
export function addressOf(...parts: readonly string[]): string {
  return `/${parts.map((part) => encodeURIComponent(part.toWellFormed())).join('/')}`
}

/** Returns an address with a query; values that are undefined are left out. */
export function queryOf(path: string, values: Readonly<Record<string, string | undefined>>): string {
  const given = new URLSearchParams()
  for (const [name, value] of Object.entries(values))
    if (value !== undefined && value !== '') given.set(name, value)
  const query = given.toString()
  return query === '' ? path : `${path}?${query}`
}

export function linkTo(address: string, text: string | Markup): Markup {
  return page`<a href="${new Markup(escapeAddress(address))}">${text}</a>`
}

/** An address is made of encoded parts; an ampersand between them is all that is left to escape. */
function escapeAddress(address: string): string {
  return address.replaceAll('&', '&amp;').replaceAll('"', '%22').replaceAll("'", '%27').replaceAll('<', '%3C')
}

export function facts(rows: readonly (readonly [string, string | Markup])[]): Markup {
  return page`<dl class="facts">${rows.map(([name, value]) => page`<dt>${name}</dt><dd>${value}</dd>\n`)}</dl>\n`
}

/** A table whose cells know the names of their columns: a telephone shows its rows as lists. */
export function tableOf(
  caption: string,
  columns: readonly string[],
  rows: readonly (readonly (string | Markup)[])[],
): Markup {
  const head = columns.map((column) => page`<th scope="col">${column}</th>`)
  const body = rows.map(
    ([first = '', ...rest]) =>
      page`<tr><th scope="row">${first}</th>${rest.map((cell, index) => page`<td data-of="${columns[index + 1] ?? ''}">${cell}</td>`)}</tr>\n`,
  )
  return page`<table aria-label="${caption}"><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table>\n`
}

/** The first ones of a list, and an address of the next ones where there are more. */
export interface Part<T> {
  shown: readonly T[]
  from: number
  count: number
}

/** Returns a part of a list, from a place that a request names. */
export function partOf<T>(all: readonly T[], asked: string | null, most: number): Part<T> {
  const wanted = /^\d{1,9}$/.test(asked ?? '') ? Number(asked) : 0
  const from = wanted < all.length ? wanted : 0
  return { shown: all.slice(from, from + most), from, count: all.length }
}

/** Shows what a part leaves out, with links to what is before it and after it. */
export function moreOf(
  { shown, from, count }: Part<unknown>,
  what: string,
  most: number,
  addressAt: (from: number) => string,
): Markup {
  if (shown.length === count) return NOTHING
  const left = count - from - shown.length
  const before =
    from === 0 ? NOTHING : page`${linkTo(addressAt(Math.max(0, from - most)), 'the ones before')} `
  const after = left > 0 ? page`${linkTo(addressAt(from + shown.length), `… and ${left} more`)}` : NOTHING
  return page`<nav class="more" aria-label="More ${what}"><span class="muted">${from + 1} to ${from + shown.length} of ${count} ${what}</span> ${before}${after}</nav>\n`
}

/** Shows a list that is bounded, and how many are left out. */
export function listOf(items: readonly Markup[], most: number, kind = 'plain'): Markup {
  const left = items.length - most
  const rest = left > 0 ? page`<li class="muted">… and ${left} more</li>\n` : NOTHING
  return page`<ul class="${kind}">${items.slice(0, most).map((item) => page`<li>${item}</li>\n`)}${rest}</ul>\n`
}

/** Shows why not all is known. */
export function faultsOf(faults: readonly string[]): Markup {
  if (faults.length === 0) return NOTHING
  const lines = faults.map((fault) => page`Not everything is known: ${clean(fault, 600)}`)
  return page`<section class="card out" aria-label="Not everything is known">${listOf(lines, 5)}</section>\n`
}

/** Shows where nothing is yet, and what a person does next. */
export function emptyState(what: string, ways: readonly (readonly [string, string])[]): Markup {
  const each = ways.map(([why, how]) => page`<p>${why}</p>\n${commandOf(how)}`)
  return page`<section class="card"><p class="lead">${what}</p>\n${each}</section>\n`
}
