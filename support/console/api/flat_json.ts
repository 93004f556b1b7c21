/** The most fields of an object. */
const MAX_FIELDS = 200
const SPACE = /[ \t\n\r]*/y
const TEXT = /"(?:[^"\\]|\\.)*"/y
const NAME = /^[A-Za-z][\w.:-]{0,99}$/

/**
 * Reads a JSON object of texts, each name once. It goes no deeper than one level, so no body can be deep. Returns the words
 * of what is wrong, which quote nothing.
 */
export function parseFlatJson(json: string): { fields: Record<string, string> } | { fault: string } {
  const reader = new Reader(json)
  const fields = new Map<string, string>()
  if (!reader.takes('{')) return { fault: 'the body is no JSON object' }
  if (!reader.takes('}'))
    do {
      const name = reader.text()
      if (name === undefined || !reader.takes(':')) return NOT_WHOLE
      if (!NAME.test(name)) return { fault: 'a field has a name that no field has' }
      const value = reader.text()
      if (value === undefined) return { fault: 'a field is no text; expected "name": "text" alone' }
      if (fields.has(name)) return { fault: 'a field is there twice' }
      if (fields.size === MAX_FIELDS) return { fault: `there are more than ${MAX_FIELDS} fields` }
      fields.set(name, value)
    } while (reader.takes(','))
  if (fields.size > 0 && !reader.takes('}')) return NOT_WHOLE
  return reader.isAtEnd() ? { fields: Object.fromEntries(fields) } : NOT_WHOLE
}

const NOT_WHOLE = { fault: 'the body is no JSON object of texts' }

class Reader {
  private at = 0

  constructor(private readonly json: string) {}

  /** Takes a sign, and returns whether it was there. */
  takes(sign: string): boolean {
    this.skip()
    if (this.json[this.at] !== sign) return false
    this.at += 1
    return true
  }

  text(): string | undefined {
    this.skip()
    TEXT.lastIndex = this.at
    const [quoted] = TEXT.exec(this.json) ?? []
    if (quoted === undefined) return undefined
    this.at += quoted.length
    try {
      return JSON.parse(quoted) as string
    } catch {
      return undefined
    }
  }

  isAtEnd(): boolean {
    this.skip()
    return this.at === this.json.length
  }

  private skip(): void {
    SPACE.lastIndex = this.at
    this.at += SPACE.exec(this.json)?.[0].length ?? 0
  }
}
