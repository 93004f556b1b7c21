import { hosts as counted } from '../../rollout/model/verdict'
import { formatDuration } from '../../system/duration'
import type { Cell, Matrix } from '../matrix'
import { listHosts } from '../odd_hosts'
import { formatTally } from '../row_tally'
import { Markup, NOTHING, type Html } from './markup'
import { blocksOf, placesOf, type Block, type Place } from './row_places'

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
const STEP = 22
const HEIGHT = 20
/** The share of a block's height that odd hosts have where others share their place. */
const ODD_SHARE = 0.7
const MAX_NAMES = 6
const MAX_WAVES = 12

/** Draws a matrix, row by row: lines downwards, hosts from left to right in the order of their waves. */
export function* matrixPicture(
  page: Html,
  matrix: Matrix,
  words: Partial<Record<Cell, string>> = {},
): Iterable<Markup> {
  const used = new Set<Cell>()
  yield new Markup('<div class="matrix">\n')
  yield orderOf(page, matrix.hosts)
  for (const { row } of rowsOf(page, matrix, words, used)) yield row
  yield legendOf(page, used, words)
  yield new Markup('</div>\n')
}

/** Says which hosts stand from left to right in the rows of a matrix. */
export function orderOf(page: Html, hosts: Matrix['hosts']): Markup {
  return page`<p class="muted">${counted(hosts.length)}, from left to right: ${wavesOf(hosts)}</p>\n`
}

/** Draws the rows of a matrix, each with the number of its line, and notes which cells are in them. */
export function* rowsOf(
  page: Html,
  { lines, hosts, cells }: Matrix,
  words: Partial<Record<Cell, string>>,
  used: Set<Cell>,
): Iterable<{ line: number; row: Markup }> {
  const places = placesOf(hosts)
  let index = 0
  for (const row of cells) {
    for (const cell of row) used.add(cell)
    const { line = 0, text = '', took } = lines[index++] ?? {}
    const number = line === 0 ? NOTHING : page`<span class="no">${line}</span> `
    const tally = formatTally(row, words)
    const isUnknown = words.blank === undefined && row.every((cell) => cell === 'blank')
    const time = took === undefined ? NOTHING : page` · ${formatDuration(took)}`
    const said = isUnknown ? page`<b class="bad">${tally}</b>` : page`${tally}`
    const picture =
      hosts.length > MAX_SINGLE ? bar(page, row, hosts, places, tally) : squares(page, row, hosts, tally)
    const drawn = page`<div class="row"><div>${number}${text}<div class="tally">${said}${time}</div></div>${picture}</div>\n`
    yield { line, row: drawn }
  }
}

/** Explains the cells that are in the rows of a matrix. */
export function legendOf(
  page: Html,
  used: ReadonlySet<Cell>,
  words: Partial<Record<Cell, string>> = {},
): Markup {
  const legend = LEGEND.filter((cell) => used.has(cell)).map((cell) => {
    const picture = page`<svg width="16" height="16" viewBox="1 1 20 18" aria-hidden="true">${square(page, cell, 0)}</svg>`
    return page`<span>${picture} ${words[cell] ?? cell}</span> `
  })
  return page`<p class="legend">${legend}</p>\n`
}

/** Draws the symbols that cells of pictures refer to, once for a page. */
export function symbolsOf(page: Html): Markup {
  const symbols = LEGEND.map((cell) => {
    const { name, fill, sign, ink } = STYLE[cell]
    const box = page`<rect class="c-${name}" fill="${fill}" x="1" y="1" width="20" height="18" rx="3"/>`
    const text = page`<text class="i-${name}" fill="${ink}" x="11" y="14.5" text-anchor="middle" font-size="13">${sign}</text>`
    return page`<g id="${name}">${box}${text}</g>`
  })
  return page`<svg class="defs" width="0" height="0" aria-hidden="true"><defs>${symbols}</defs></svg>\n`
}

/** Draws a row of squares, one for each host. */
function squares(page: Html, row: readonly Cell[], hosts: Matrix['hosts'], tally: string): Markup {
  const width = row.length * STEP
  const cells = row.map((cell, index) => square(page, cell, index, hosts[index]?.host))
  const marks = placesOf(hosts)
    .filter(({ beginsWave }) => beginsWave)
    .map(({ from }) => page`<rect class="wave" x="${from * STEP - 1}" width="1" height="${HEIGHT}"/>`)
  return page`<svg role="img" aria-label="${tally}" width="${width}" height="${HEIGHT}" viewBox="0 0 ${width} ${HEIGHT}">${cells}${marks}</svg>`
}

function square(page: Html, cell: Cell, index: number, host?: string): Markup {
  if (cell === 'blank') return NOTHING
  const title = host === undefined ? NOTHING : page`<title>${host}: ${cell}</title>`
  return page`<use href="#${STYLE[cell].name}" x="${index * STEP}">${title}</use>`
}

/** Draws a row as a bar of blocks. A block is as wide as its places: none is narrower than a place. */
function bar(
  page: Html,
  row: readonly Cell[],
  hosts: Matrix['hosts'],
  places: readonly Place[],
  tally: string,
): Markup {
  const blocks = blocksOf(row, places).map((block) => drawBlock(page, row, hosts, block))
  const marks = places.flatMap(({ beginsWave }, at) =>
    beginsWave ? [page`<rect class="wave" x="${at}" width=".12" height="${HEIGHT}"/>`] : [],
  )
  return page`<svg class="bar" role="img" aria-label="${tally}" width="100%" height="${HEIGHT}" viewBox="0 0 ${places.length} ${HEIGHT}" preserveAspectRatio="none">${blocks}${marks}</svg>`
}

/** Draws the odd hosts of a block above all others of it. */
function drawBlock(page: Html, row: readonly Cell[], hosts: Matrix['hosts'], block: Block): Markup {
  const { at, length, from, to, odd, rest } = block
  const share = odd.length === 0 ? 0 : rest === undefined ? 1 : ODD_SHARE
  const whoIs = (cell: Cell) => {
    const own = hosts.slice(from, to).filter((_, index) => row[from + index] === cell)
    return listHosts(
      own.map(({ host }) => host),
      MAX_NAMES,
    )
  }
  const draw = (cell: Cell, top: number, height: number, title: Markup) => {
    const { name, fill } = STYLE[cell]
    return page`<rect class="c-${name}" fill="${fill}" x="${at}" y="${round(top)}" width="${length}" height="${round(height)}"><title>${title}</title></rect>`
  }
  const each = (HEIGHT * share) / Math.max(1, odd.length)
  const above = odd.map((cell, index) => draw(cell, index * each, each, page`${whoIs(cell)}: ${cell}`))
  const isDrawn = rest !== undefined && rest !== 'blank'
  return page`${above}${isDrawn ? draw(rest, HEIGHT * share, HEIGHT * (1 - share), page`${rest}`) : NOTHING}`
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
