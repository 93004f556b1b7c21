import { readFileSync, statSync } from 'node:fs'

/**
 * Facts of YAML files, read again when one of the files has changed. Of several facts with one name, the later file's
 * counts.
 */
export class FactFiles {
  private known: Readonly<Record<string, string>> = {}
  private seen = ''

  constructor(
    private readonly paths: readonly string[],
    private readonly onTrouble: (what: string) => void,
  ) {}

  facts(): Readonly<Record<string, string>> {
    const stamp = this.paths.map((path) => stampOf(path)).join(' ')
    if (stamp === this.seen) return this.known
    this.seen = stamp
    const facts: Record<string, string> = Object.create(null) as Record<string, string>
    for (const path of this.paths) Object.assign(facts, this.read(path))
    this.known = facts
    return facts
  }

  /** Reads the facts of a file. A file that cannot be read has none and is reported; the others still count. */
  private read(path: string): Record<string, string> {
    try {
      const { parse } = require('yaml') as typeof import('yaml')
      const value: unknown = parse(readFileSync(path, 'utf8'), { maxAliasCount: 20 })
      if (typeof value !== 'object' || value === null || Array.isArray(value))
        throw new Error('it holds no mapping of facts')
      return Object.fromEntries(
        Object.entries(value as Record<string, unknown>).map(([name, fact]) => [name, textOf(fact)]),
      )
    } catch (error) {
      this.onTrouble(`the facts ${path} cannot be read: ${(error as Error).message}`)
      return {}
    }
  }
}

function textOf(fact: unknown): string {
  return typeof fact === 'object' ? JSON.stringify(fact) : String(fact as string | number | boolean)
}

function stampOf(path: string): string {
  try {
    const { mtimeMs, size } = statSync(path)
    return `${path}:${mtimeMs}:${size}`
  } catch {
    return `${path}:none`
  }
}
