import { foldHostsWithin } from '../rollout/model/fold_hosts'
import { columnsOf } from '../system/columns'

/**
 * Formats hosts in ClusterShell's form, in at most `most` lines of at most `room` columns where names are not longer.
 * Hosts for which no room is left are counted at the end of the last line.
 */
export function formatHostLines(names: readonly string[], room: number, most: number): string[] {
  const hosts = [...new Set(names)]
  const lines = fill(foldHostsWithin(hosts, room - 1), room)
  if (lines.length <= most) return lines.map(textOf)
  // Each piece leaves room for the count.
  const shorter = foldHostsWithin(hosts, room - columnsOf(formatRest(hosts.length)))
  const shown = fill(shorter, room).slice(0, most)
  const last = shown.at(-1)?.pieces ?? []
  const withRest = () =>
    `${namesOf(last)}${formatRest(hosts.length - countOf(shown.flatMap(({ pieces }) => pieces)))}`
  while (last.length > 1 && columnsOf(withRest()) > room) last.pop()
  return shown.map((line) => (line.pieces === last ? withRest() : textOf(line)))
}

interface Piece {
  text: string
  count: number
}

interface Line {
  pieces: Piece[]
  isLast: boolean
}

function fill(pieces: readonly Piece[], room: number): Line[] {
  const lines: Line[] = []
  for (const [index, piece] of pieces.entries()) {
    const last = lines.at(-1)
    const isLast = index === pieces.length - 1
    const longer = { pieces: [...(last?.pieces ?? []), piece], isLast }
    if (last !== undefined && columnsOf(textOf(longer)) <= room) lines[lines.length - 1] = longer
    else lines.push({ pieces: [piece], isLast })
  }
  return lines
}

function textOf({ pieces, isLast }: Line): string {
  return `${namesOf(pieces)}${isLast ? '' : ','}`
}

function namesOf(pieces: readonly Piece[]): string {
  return pieces.map(({ text }) => text).join(', ')
}

function formatRest(rest: number): string {
  return rest === 0 ? '' : `, … and ${rest} more`
}

function countOf(pieces: readonly Piece[]): number {
  return pieces.reduce((n, { count }) => n + count, 0)
}
