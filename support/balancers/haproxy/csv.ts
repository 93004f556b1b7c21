import { LockstepError } from '../../system/errors'
import { excerpt } from '../../system/redaction'

/**
 * Reads the rows of a CSV by the names of its header line, which begins with `start`. A row that is shorter than the
 * header was cut off. A last field of the header that is empty comes from the comma at the end of each line.
 * @throws LockstepError `balancer-failed`
 */
export function readCsv(text: string, start: string): Readonly<Record<string, string>>[] {
  const [header = '', ...lines] = text.split('\n')
  if (!header.startsWith(start))
    throw new LockstepError(
      'balancer-failed',
      `it answers "show stat" with ${JSON.stringify(excerpt(header, 60))}, where a line that begins with "${start}" was expected`,
    )
  const names = cells(header.replace(/^# /, ''))
  return lines
    .filter((line) => line !== '')
    .map((line) => {
      const values = cells(line)
      if (values.length !== names.length)
        throw new LockstepError(
          'balancer-failed',
          `a line of its "show stat" has ${values.length} fields, where ${names.length} were expected`,
        )
      const row: Record<string, string> = Object.create(null) as Record<string, string>
      names.forEach((name, index) => (row[name] = values[index] ?? ''))
      return row
    })
}

/** Splits a line into fields: between quotes a comma is text, and two quotes are one. */
function cells(line: string): string[] {
  const found: string[] = []
  let [value, quoted] = ['', false]
  for (let index = 0; index < line.length; index += 1) {
    const sign = line[index] ?? ''
    if (quoted && sign === '"' && line[index + 1] === '"') {
      value += '"'
      index += 1
    } else if (sign === '"') quoted = !quoted
    else if (sign === ',' && !quoted) {
      found.push(value)
      value = ''
    } else value += sign
  }
  return [...found, value]
}
