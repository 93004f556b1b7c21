/** The lines of a feature file; those that are taken out are undefined, and numbers of lines begin with 1. */
export type FeatureLines = readonly (string | undefined)[]

/**
 * Returns the number of the last line of the table or document below a line; the number of the line itself where there
 * is neither. Gherkin lets blank lines and comments stand between rows.
 */
export function endOfArgument(lines: FeatureLines, from: number): number {
  let end = from
  let mark: string | undefined
  for (let number = from + 1; number <= lines.length; number += 1) {
    const text = lines[number - 1]
    const found = markOf(text)
    if (mark !== undefined && found === mark) return number
    if (mark !== undefined) continue
    if (found !== undefined && end === from) mark = found
    else if (isRow(text)) end = number
    else if (!isPassedOver(text)) return end
  }
  return end
}

/** Returns the number of the first line of a scenario: that of its tags, and of the comments right above. */
export function startOfScenario(lines: FeatureLines, at: number): number {
  let from = at
  for (let number = at - 1; number >= 1; number -= 1) {
    const text = lines[number - 1]?.trim() ?? ''
    if (text.startsWith('@') || (text.startsWith('#') && number === from - 1)) from = number
    else if (!isPassedOver(text)) break
  }
  return from
}

/** Returns the number of the first row of the table that a row is in. */
export function headerOf(lines: FeatureLines, row: number): number {
  let header = row
  for (let number = row - 1; number >= 1; number -= 1) {
    const text = lines[number - 1]
    if (isRow(text)) header = number
    else if (!isPassedOver(text)) break
  }
  return header
}

/** Returns the lines of documents, with the marks around them. */
export function documentLines(lines: FeatureLines): ReadonlySet<number> {
  const inside = new Set<number>()
  let mark: string | undefined
  lines.forEach((text, index) => {
    const found = markOf(text)
    if (mark !== undefined || found !== undefined) inside.add(index + 1)
    if (mark === undefined) mark = found
    else if (found === mark) mark = undefined
  })
  return inside
}

export function isRow(text: string | undefined): boolean {
  return text?.trim().startsWith('|') === true
}

/** Returns the cells of a row as they are written, blanks among them. */
export function cellsOf(row: string | undefined): string[] {
  return [...(row?.trim() ?? '').matchAll(/\|((?:\\.|[^|\\])*)(?=\|)/g)].map(([, cell = '']) => cell)
}

/** Returns a row with another cell; it is the last one where the row has none at `column`. */
export function withCell(row: string, column: number, text: string): string {
  const cells = cellsOf(row)
  const put = column >= 0 && column < cells.length ? cells.with(column, ` ${text} `) : [...cells, ` ${text} `]
  return `${/^\s*/.exec(row)?.[0] ?? ''}|${put.join('|')}|`
}

function markOf(text: string | undefined): string | undefined {
  return /^\s*("""|```)/.exec(text ?? '')?.[1]
}

function isPassedOver(text: string | undefined): boolean {
  return /^\s*(?:#|$)/.test(text ?? '')
}
