import { clean } from '../../rollout/verdict'
import type { Cell, Matrix } from './matrix'

const STYLE: Readonly<Record<Cell, { fill: string; sign: string; ink: string } | undefined>> = {
  blank: undefined,
  held: { fill: '#2e8b57', sign: '✔', ink: '#fff' },
  claimed: { fill: '#8fbfa6', sign: '○', ink: '#123' },
  diverged: { fill: '#c62828', sign: '✘', ink: '#fff' },
  silent: { fill: '#1c1c1c', sign: '?', ink: '#fff' },
  out: { fill: '#f2a900', sign: '–', ink: '#321' },
  'not attempted': { fill: 'url(#hatch)', sign: '', ink: '#666' },
}
const LEGEND: readonly Cell[] = ['held', 'claimed', 'diverged', 'silent', 'out', 'not attempted']

const WIDTH = 1_000
const LABELS = 400
const ROW = 20
const HEAD = 48
const SIGN_FROM = 12
const CHARACTERS = 62

/** A picture of a matrix: lines downwards, hosts from left to right in the order of their waves. SVG. */
export function matrixPicture(matrix: Matrix, words: Partial<Record<Cell, string>> = {}): string {
  const { lines, hosts, cells } = matrix
  const step = Math.min(28, (WIDTH - LABELS) / Math.max(1, hosts.length))
  const bottom = HEAD + lines.length * ROW
  const used = new Set(cells.flat())
  const body = [
    ...waveMarks(matrix, step, bottom),
    ...lines.map(({ text, line }, index) =>
      textAt(
        LABELS - 8,
        HEAD + index * ROW + 14,
        line === 0 ? shortened(text) : `${shortened(text)}  ${line}`,
        'end',
      ),
    ),
    ...cells.flatMap((row, index) => runsOf(row).map((run) => block(run, hosts, step, HEAD + index * ROW))),
    ...legend(
      LEGEND.filter((cell) => used.has(cell)),
      bottom + 16,
      words,
    ),
  ]
  const height = bottom + 44
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" style="max-width: 100%; height: auto" font-family="system-ui, sans-serif" font-size="12"><defs><pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="6" height="6" fill="#fff"/><line x1="0" y1="0" x2="0" y2="6" stroke="#bbb" stroke-width="3"/></pattern></defs><rect width="100%" height="100%" fill="#fff"/>${body.join('')}</svg>`
}

interface CellRun {
  cell: Cell
  from: number
  length: number
}

/** Neighbours that are alike make one block, so that a picture of 10,000 hosts is no larger than what there is to see. */
export function runsOf(row: readonly Cell[]): CellRun[] {
  const runs: CellRun[] = []
  row.forEach((cell, index) => {
    const last = runs.at(-1)
    if (last?.cell === cell) last.length += 1
    else runs.push({ cell, from: index, length: 1 })
  })
  return runs
}

function block({ cell, from, length }: CellRun, hosts: Matrix['hosts'], step: number, y: number): string {
  const style = STYLE[cell]
  if (style === undefined) return ''
  const x = LABELS + from * step
  const gap = step >= SIGN_FROM ? 1 : 0
  if (gap === 0) return rect(x, y + 1, Math.max(1.5, length * step), ROW - 2, style.fill, cell)
  return Array.from({ length }, (_, index) => {
    const left = x + index * step
    const sign = textAt(left + step / 2, y + 14, style.sign, 'middle', style.ink)
    const title = `${clean(hosts[from + index]?.host ?? '')}: ${cell}`
    return rect(left, y + 1, step - gap, ROW - 2, style.fill, cell, title) + (style.sign === '' ? '' : sign)
  }).join('')
}

function waveMarks({ hosts }: Matrix, step: number, bottom: number): string[] {
  const marks: string[] = []
  hosts.forEach(({ wave }, index) => {
    if (index > 0 && hosts[index - 1]?.wave === wave) return
    const x = LABELS + index * step
    const many = hosts.some((each) => each.wave !== wave)
    if (index > 0)
      marks.push(`<line x1="${x}" y1="20" x2="${x}" y2="${bottom}" stroke="#333" stroke-dasharray="2 2"/>`)
    if (many) marks.push(textAt(x + 2, index % 2 === 0 ? 30 : 42, wave ?? 'no wave yet', 'start'))
  })
  const all = hosts.length === 1 ? '1 host' : `${hosts.length} hosts`
  return [textAt(LABELS, 14, all, 'start', '#000', 'bold'), ...marks]
}

function legend(cells: readonly Cell[], y: number, words: Partial<Record<Cell, string>>): string[] {
  return cells.map((cell, index) => {
    const x = LABELS + index * 100
    const style = STYLE[cell]
    return (
      rect(x, y, 14, 14, style?.fill ?? '#fff', cell) + textAt(x + 20, y + 11, words[cell] ?? cell, 'start')
    )
  })
}

function rect(
  x: number,
  y: number,
  width: number,
  height: number,
  fill: string,
  cell: Cell,
  title: string = cell,
): string {
  const n = (value: number) => Math.round(value * 100) / 100
  return `<rect x="${n(x)}" y="${n(y)}" width="${n(width)}" height="${n(height)}" fill="${fill}" stroke="${cell === 'not attempted' ? '#bbb' : 'none'}"><title>${escaped(title)}</title></rect>`
}

function textAt(x: number, y: number, text: string, anchor: string, ink = '#222', weight = 'normal'): string {
  return `<text x="${Math.round(x * 100) / 100}" y="${y}" text-anchor="${anchor}" fill="${ink}" font-weight="${weight}">${escaped(text)}</text>`
}

function shortened(text: string): string {
  const line = clean(text)
  return line.length > CHARACTERS ? `${line.slice(0, CHARACTERS - 1)}…` : line
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`)
}
