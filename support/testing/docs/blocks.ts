import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

export const ROOT = resolve(__dirname, '..', '..', '..')

/** A fenced block of a page. */
export interface Block {
  /** The page's path, from the root of the repository. */
  page: string
  /** The line of the fence that opens it. */
  line: number
  /** The first word after the fence, such as `console`; empty where there is none. */
  language: string
  /** The other words: `file=door.js`, `exit=1`, `untested="why"`. A word without a value has an empty one. */
  marks: ReadonlyMap<string, string>
  text: string
}

/** Returns the pages that a person reads, by their paths from the root. */
export function listPages(): string[] {
  const docs = readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
  return [
    'README.md',
    'CONTRIBUTING.md',
    'SECURITY.md',
    ...docs.map((name) => join('docs', name)).sort(),
  ].filter((name) => name.endsWith('.md') && existsSync(join(ROOT, name)))
}

/** Returns the blocks of a page in their order. */
export function readBlocks(page: string): Block[] {
  return parseBlocks(page, readFileSync(join(ROOT, page), 'utf8'))
}

/** An act on the fleet between two commands, which a page tells in its prose. */
const MEANWHILE = /^<!-- meanwhile: (.*) -->$/
const FENCE = /^( *)(```+)(.*)$/

/**
 * Returns the blocks of a text. An indented block loses the indent of its fence.
 * @throws Error when a fence is never closed
 */
export function parseBlocks(page: string, text: string): Block[] {
  const blocks: Block[] = []
  let open: { indent: string; fence: string; info: string; line: number; lines: string[] } | undefined
  text.split('\n').forEach((row, index) => {
    const [, indent = '', fence = '', info = ''] = FENCE.exec(row) ?? []
    if (open === undefined) {
      const [, meanwhile] = MEANWHILE.exec(row) ?? []
      if (meanwhile !== undefined)
        blocks.push({ page, line: index + 1, language: 'meanwhile', marks: new Map(), text: meanwhile })
      else if (fence !== '') open = { indent, fence, info, line: index + 1, lines: [] }
    } else if (fence === open.fence && info.trim() === '') {
      const { line, lines } = open
      const [language = '', ...words] = open.info.trim().match(/(?:[^\s"]|"[^"]*")+/g) ?? []
      blocks.push({ page, line, language, marks: new Map(words.map(parseMark)), text: lines.join('') })
      open = undefined
    } else open.lines.push(`${row.startsWith(open.indent) ? row.slice(open.indent.length) : row}\n`)
  })
  if (open !== undefined) throw new Error(`${page}:${open.line}: this block is never closed`)
  return blocks
}

function parseMark(word: string): [string, string] {
  const [name = '', ...value] = word.split('=')
  return [name, value.join('=').replace(/^"|"$/g, '')]
}

/** Returns where a block stands, for people. */
export function placeOf({ page, line }: Block): string {
  return `${page}:${line}`
}
