import * as v from 'valibot'
import { isAlias, isMap, isScalar, LineCounter, parseDocument, visit, type Document } from 'yaml'
import { LockstepError } from '../system/errors'

/**
 * A YAML text checked against a schema.
 * @throws LockstepError `bad-config`: file, line, what was expected
 */
export function readYaml<S extends v.GenericSchema>(path: string, text: string, schema: S): v.InferOutput<S> {
  return readYamlLines(path, text, schema).value
}

/** The same, with the line on which each key of a mapping of its top stands. @throws LockstepError `bad-config` */
export function readYamlLines<S extends v.GenericSchema>(
  path: string,
  text: string,
  schema: S,
): { value: v.InferOutput<S>; linesOf: (mapping: string) => ReadonlyMap<string, number> } {
  const { document, lines } = parsed(text)
  const [error] = document.errors
  if (error !== undefined) {
    const line = error.linePos?.[0].line
    throw new LockstepError(
      'bad-config',
      `${path}${line === undefined ? '' : `:${line}`}: ${firstSentence(error.message)}${unquoted(text, line)}`,
    )
  }
  expectUniqueKeys(path, document, lines)
  const result = v.safeParse(schema, valueOf(path, document), { abortPipeEarly: true })
  if (result.success)
    return { value: result.output, linesOf: (mapping) => keyLines(document, lines, mapping) }
  const [issue] = result.issues
  const keys = (issue.path ?? []).map(({ key }) => key as string | number)
  throw new LockstepError('bad-config', `${path}:${lineOf(document, lines, keys)}: ${sentence(keys, issue)}`)
}

/** By itself: the parser compares each key with each other one, which takes minutes for a large inventory. */
function expectUniqueKeys(path: string, document: Document, lines: LineCounter): void {
  visit(document, {
    Map(_key, { items }) {
      const seen = new Map<string, number>()
      for (const { key } of items) {
        if (!isScalar(key)) continue
        const [name, line] = [String(key.value), lines.linePos(key.range?.[0] ?? 0).line]
        const before = seen.get(name)
        if (before !== undefined) {
          const shown = name.slice(0, 80)
          throw new LockstepError(
            'bad-config',
            `${path}:${line}: ${shown} is there already, on line ${before}`,
          )
        }
        seen.set(name, line)
      }
    },
  })
}

function keyLines(document: Document, lines: LineCounter, mapping: string): Map<string, number> {
  const node = document.get(mapping, true)
  const pairs = isMap(node) ? node.items : []
  return new Map(
    pairs.flatMap(({ key }) =>
      isScalar(key) && key.range ? [[String(key.value), lines.linePos(key.range[0]).line] as const] : [],
    ),
  )
}

/** What a text has beside its values: where they stand, and how they were written. */
export interface YamlPlaces {
  path: string
  /** `path:line` of a value, or of its nearest parent that is there. */
  where(keys: readonly (string | number)[]): string
  /** A number or a truth as it was written: 4.10 is not 4.1 where it is a version. */
  written(keys: readonly (string | number)[]): string | undefined
}

export function placesIn(path: string, text: string): YamlPlaces {
  const { document, lines } = parsed(text)
  return {
    path,
    where: (keys) => `${path}:${lineOf(document, lines, keys)}`,
    written(keys) {
      const node = document.getIn(keys, true)
      const scalar = isAlias(node) ? node.resolve(document) : node
      return isScalar(scalar) ? scalar.source : undefined
    },
  }
}

function parsed(text: string): { document: Document; lines: LineCounter } {
  const lines = new LineCounter()
  return { document: parseDocument(text, { lineCounter: lines, uniqueKeys: false, version: '1.2' }), lines }
}

function valueOf(path: string, document: Document): unknown {
  try {
    return document.toJS({ maxAliasCount: 50 })
  } catch (error) {
    throw new LockstepError('bad-config', `${path}: ${(error as Error).message}`, { cause: error })
  }
}

function sentence(keys: readonly (string | number)[], issue: v.BaseIssue<unknown>): string {
  const name = keys.length === 0 ? 'the file' : keys.join('.')
  if (issue.type === 'strict_object' && issue.expected === 'never') {
    return `there is no setting ${name}; check its spelling`
  }
  if (issue.received === 'undefined') return `${name} is missing; expected ${plain(issue)}`
  return `${name} is ${issue.received.replace(/\p{Cc}+/gu, ' ')}; expected ${plain(issue)}`
}

function plain(issue: v.BaseIssue<unknown>): string {
  return issue.message.startsWith('Invalid') ? (issue.expected ?? 'something else') : issue.message
}

/** The line of the value at this path, or of its nearest parent that is there. */
function lineOf(document: Document, lines: LineCounter, keys: readonly (string | number)[]): number {
  for (let length = keys.length; length > 0; length -= 1) {
    const parent = length === 1 ? document.contents : document.getIn(keys.slice(0, length - 1), true)
    const key = keys[length - 1]
    const pair = isMap(parent) ? parent.items.find((item) => String(item.key) === String(key)) : undefined
    const node = (pair?.key ?? document.getIn(keys.slice(0, length), true)) as
      { range?: [number, number, number] } | undefined
    if (node?.range !== undefined) return lines.linePos(node.range[0]).line
  }
  return 1
}

/** Within braces the brackets of an encrypted value mean something to YAML. */
function unquoted(text: string, line: number | undefined): string {
  const near = text.split('\n').slice(0, line).slice(-2).join('\n')
  return /[{,].*:\s*ENC\[/.test(near) ? '; write ENC[…] between quotes where it stands within { }' : ''
}

function firstSentence(message: string): string {
  return (message.split('\n')[0] ?? '').replace(/ at line \d+, column \d+:?$/, '')
}
