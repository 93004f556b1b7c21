import { isAbsolute, normalize, relative } from 'node:path'

/** A choice of scenarios by their places and names, as cucumber has it. */
export interface Choice {
  /** The paths of features, such as `web.feature:5:9`. */
  paths: readonly string[]
  /** Patterns, one of which a scenario's name has to match; empty where every name does. */
  names: readonly string[]
  cwd: string
}

/** A scenario, or a row of its examples, that can be chosen. */
export interface Choosable {
  uri: string
  name: string
  /** The lines that choose it: that of the scenario, and that of the row. */
  lines: readonly number[]
}

/**
 * Returns, in a sentence, what part of a choice selects nothing; undefined where each selects a scenario. Cucumber passes
 * over a line without a scenario where another line has one, and over every line of a folder or of a pattern.
 */
export function faultOfChosenPlaces(
  { paths, names, cwd }: Choice,
  all: readonly Choosable[],
): string | undefined {
  for (const path of paths) {
    const [, named = '', lines] = /^(.*?)((?::\d+)+)$/.exec(path) ?? []
    if (lines === undefined) continue
    const uri = isAbsolute(named) ? relative(cwd, named) : normalize(named)
    const there = all.filter((each) => normalize(each.uri) === uri)
    for (const line of lines.slice(1).split(':').map(Number))
      if (!there.some((each) => each.lines.includes(line))) return nothingAt(named, line, there)
  }
  const idle = names.find((name) => !all.some((each) => new RegExp(name).test(each.name)))
  return idle === undefined ? undefined : `no scenario has a name that ${JSON.stringify(idle)} matches`
}

function nothingAt(path: string, line: number, there: readonly Choosable[]): string {
  const known = there.flatMap(({ lines }) => lines)
  if (known.length === 0) return `${path}:${line} selects no scenario; a line needs the path of one feature`
  const before = Math.max(...known.filter((each) => each < line))
  const nearest = Number.isFinite(before) ? before : Math.min(...known)
  return `${path}:${line} selects no scenario; write the line of a scenario, or of a row of its examples, such as ${path}:${nearest}`
}
