import { hosts as counted } from '../../rollout/model/verdict'
import { CELLS, runsOf, type Cell, type Matrix } from '../matrix'
import { Markup, NOTHING, type Html } from './markup'
import { listHosts } from '../odd_hosts'

const STYLE: Readonly<Record<Cell, { name: string; fill: string; sign: string; ink: string }>> = {
  blank: { name: 'blank', fill: 'none', sign: '', ink: 'none' },
  passed: { name: 'passed', fill: '#2e8b57', sign: '✔', ink: '#fff' },
  'done before': { name: 'done before', fill: '#8fbfa6', sign: '○', ink: '#123' },
  diverged: { name: 'diverged', fill: '#c62828', sign: '✘', ink: '#fff' },
  silent: { name: 'silent', fill: '#1c1c1c', sign: '?', ink: '#fff' },
  out: { name: 'out', fill: '#f2a900', sign: '–', ink: '#321' },
  'not attempted': { name: 'not', fill: '#cfd4da', sign: '·', ink: '#555' },
}
const LEGEND: readonly Cell[] = ['passed', 'done before', 'diverged', 'silent', 'out', 'not attempted']

/** The most hosts that have a cell each; with more, a row is one bar as wide as the page. */
const MAX_SINGLE = 50
/** The most places in a bar; with more hosts some share one, which shows the worst of them. */
const MAX_PLACES = 600
/** The least width, as a part of its bar, of a host that a person has to look at. */
const THINNEST = 1 / 120
const STEP = 22
const HEIGHT = 20
const MAX_NAMES = 6
const MAX_WAVES = 12
const ODD: ReadonlySet<Cell> = new Set(['diverged', 'silent'])

/** Draws a matrix, row by row: lines downwards, hosts from left to right in the order of their waves. */
export function* matrixPicture(
  page: Html,
  matrix: Matrix,
  words: Partial<Record<Cell, string>> = {},
): Iterable<Markup> {
  const { lines, hosts, cells } = matrix
  const used = new Set<Cell>()
  const places = placesOf(hosts)
  yield new Markup('<div class="matrix">\n')
  yield page`<p class="muted">${counted(hosts.length)}, from left to right: ${wavesOf(hosts)}</p>\n`
  let index = 0
  for (const row of cells) {
    for (const cell of row) used.add(cell)
    const { line = 0, text = '' } = lines[index++] ?? {}
    const number = line === 0 ? NOTHING : page`<span class="no">${line}</span> `
    const picture = pictureOf(page, row, hosts, places)
    yield page`<div class="row"><div>${number}${text}</div>${picture}</div>\n`
  }
  const legend = LEGEND.filter((cell) => used.has(cell)).map((cell) => {
    const picture = page`<svg width="16" height="16" viewBox="1 1 20 18" aria-hidden="true">${single(page, cell, 0)}</svg>`
    return page`<span>${picture} ${words[cell] ?? cell}</span> `
  })
  yield page`<p class="legend">${legend}</p>\n</div>\n`
}

interface Places {
  /** The number of hosts that share one place. */
  each: number
  /** The places at which waves begin. */
  waves: readonly number[]
}

function placesOf(hosts: Matrix['hosts']): Places {
  const each = Math.ceil(hosts.length / MAX_PLACES)
  const begin = hosts.flatMap(({ wave }, index) =>
    index > 0 && hosts[index - 1]?.wave !== wave ? [index / each] : [],
  )
  return { each, waves: begin.length > MAX_SINGLE ? [] : begin }
}

/** Draws the symbols that cells of pictures refer to, once for a page. */
export function symbolsOf(page: Html): Markup {
  const symbols = LEGEND.map((cell) => {
    const { name, fill, sign, ink } = STYLE[cell]
    const square = page`<rect class="c-${name}" fill="${fill}" x="1" y="1" width="20" height="18" rx="3"/>`
    const text = page`<text class="i-${name}" fill="${ink}" x="11" y="14.5" text-anchor="middle" font-size="13">${sign}</text>`
    return page`<g id="${name}">${square}${text}</g>`
  })
  return page`<svg class="defs" width="0" height="0" aria-hidden="true"><defs>${symbols}</defs></svg>\n`
}

function pictureOf(page: Html, row: readonly Cell[], hosts: Matrix['hosts'], places: Places): Markup {
  if (hosts.length > MAX_SINGLE) return bar(page, row, hosts, places)
  const width = row.length * STEP
  const cells = row.map((cell, index) => single(page, cell, index, hosts[index]?.host))
  const marks = places.waves.map(
    (at) => page`<rect class="wave" x="${at * STEP - 1}" width="1" height="${HEIGHT}"/>`,
  )
  return page`<svg role="img" aria-label="${describeRow(row)}" width="${width}" height="${HEIGHT}" viewBox="0 0 ${width} ${HEIGHT}">${cells}${marks}</svg>`
}

function single(page: Html, cell: Cell, index: number, host?: string): Markup {
  if (cell === 'blank') return NOTHING
  const title = host === undefined ? NOTHING : page`<title>${host}: ${cell}</title>`
  return page`<use href="#${STYLE[cell].name}" x="${index * STEP}">${title}</use>`
}

function bar(page: Html, row: readonly Cell[], hosts: Matrix['hosts'], { each, waves }: Places): Markup {
  const shown = worstOf(row, each)
  const least = shown.length * THINNEST
  const whoIs = (cell: Cell, from: number, length: number) =>
    listHosts(
      hosts
        .slice(from, from + length)
        .flatMap(({ host }, index) => (row[from + index] === cell ? [host] : [])),
      MAX_NAMES,
    )
  // Worse cells lie on top of better ones.
  const runs = runsOf(shown)
    .filter(({ cell }) => cell !== 'blank')
    .sort((a, b) => CELLS.indexOf(a.cell) - CELLS.indexOf(b.cell))
    .map(({ cell, from, length }) => {
      const { name, fill } = STYLE[cell]
      const width = ODD.has(cell) ? Math.max(least, length) : length
      const x = Math.min(from, shown.length - width)
      const title = ODD.has(cell) ? page`${whoIs(cell, from * each, length * each)}: ${cell}` : page`${cell}`
      return page`<rect class="c-${name}" fill="${fill}" x="${round(x)}" width="${round(width)}" height="1"><title>${title}</title></rect>`
    })
  const marks = waves.map(
    (at) => page`<rect class="wave" x="${round(at)}" width="${round(least / 8)}" height="1"/>`,
  )
  return page`<svg role="img" aria-label="${describeRow(row)}" width="100%" height="${HEIGHT}" viewBox="0 0 ${shown.length} 1" preserveAspectRatio="none">${runs}${marks}</svg>`
}

/** Returns one cell for each place: the worst of the cells that share it. */
function worstOf(row: readonly Cell[], each: number): readonly Cell[] {
  if (each < 2) return row
  return Array.from({ length: Math.ceil(row.length / each) }, (_, place) =>
    row
      .slice(place * each, (place + 1) * each)
      .reduce((worst, cell) => (CELLS.indexOf(cell) > CELLS.indexOf(worst) ? cell : worst)),
  )
}

function describeRow(row: readonly Cell[]): string {
  const counts = new Map<Cell, number>()
  for (const cell of row) counts.set(cell, (counts.get(cell) ?? 0) + 1)
  return [...counts].map(([cell, n]) => `${n} ${cell}`).join(', ')
}

function wavesOf(hosts: Matrix['hosts']): string {
  const waves = new Map<string | undefined, string[]>()
  for (const { host, wave } of hosts) {
    const own = waves.get(wave) ?? []
    waves.set(wave, own)
    own.push(host)
  }
  const all = [...waves].slice(0, MAX_WAVES).map(([wave, names]) => {
    const who = listHosts(names, MAX_NAMES)
    return waves.size === 1 && wave === undefined ? who : `${wave ?? 'no wave yet'}: ${who}`
  })
  return all.join(' · ') + (waves.size > MAX_WAVES ? ` · … and ${waves.size - MAX_WAVES} more waves` : '')
}

function round(n: number): number {
  return Math.round(n * 1_000) / 1_000
}
