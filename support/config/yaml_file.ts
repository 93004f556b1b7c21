import * as v from 'valibot'
import { isAlias, isMap, isScalar, LineCounter, parseDocument, visit, type Document } from 'yaml'
import { LockstepError } from '../system/errors'
import { starSecret } from '../system/url_secret'
import { isLike } from './nearest'
import { excerpt } from '../system/redaction'

/**
 * Reads a YAML text and checks it against a schema.
 * @throws LockstepError `bad-config`: file, line, what was expected
 */
export function readYaml<S extends v.GenericSchema>(path: string, text: string, schema: S): v.InferOutput<S> {
  return readYamlLines(path, text, schema).value
}

/**
 * Reads a YAML text, checks it against a schema and returns its value. `linesOf` gives the line of each key of a
 * mapping at the top.
 * @throws LockstepError `bad-config`
 */
export function readYamlLines<S extends v.GenericSchema>(
  path: string,
  text: string,
  schema: S,
): { value: v.InferOutput<S>; linesOf: (mapping: string) => ReadonlyMap<string, number> } {
  const { document, lines } = parseText(text)
  const [error] = document.errors
  if (error !== undefined) {
    const line = error.linePos?.[0].line
    throw new LockstepError(
      'bad-config',
      `${path}${line === undefined ? '' : `:${line}`}: ${firstSentence(error.message)}${adviseOnQuotes(text, line)}`,
    )
  }
  expectUniqueKeys(path, document, lines)
  const result = v.safeParse(schema, valueOf(path, document, lines), { abortPipeEarly: true })
  if (result.success)
    return { value: result.output, linesOf: (mapping) => keyLines(document, lines, mapping) }
  const { issue, keys } = mostTelling(result.issues)
  throw new LockstepError('bad-config', `${path}:${lineOf(document, lines, keys)}: ${sentence(keys, issue)}`)
}

/**
 * Expects keys to be unique. The parser's own check compares each key with each other one, which takes minutes for a
 * large inventory.
 */
function expectUniqueKeys(path: string, document: Document, lines: LineCounter): void {
  visit(document, {
    Map(_key, { items }) {
      const seen = new Map<string, number>()
      for (const { key } of items) {
        if (!isScalar(key)) continue
        const [name, line] = [String(key.value), lines.linePos(key.range?.[0] ?? 0).line]
        const before = seen.get(name)
        if (before !== undefined) {
          const shown = excerpt(name, 80)
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

/** The places of a text's values, and the values as they were written. */
export interface YamlPlaces {
  path: string
  /** Returns `path:line` of a value, or of its nearest parent that is there. */
  where(keys: readonly (string | number)[]): string
  /** Returns a number or a truth value as it was written: 4.10 is not 4.1 where it is a version. */
  written(keys: readonly (string | number)[]): string | undefined
}

export function placesIn(path: string, text: string): YamlPlaces {
  const { document, lines } = parseText(text)
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

/**
 * Returns the environment variables that a configuration takes secrets from, in all its environments: `{ env: NAME }`.
 */
export function variablesWithSecrets(text: string): string[] {
  const names = new Set<string>()
  visit(parseText(text).document, {
    Pair(_key, { key, value }) {
      if (isScalar(key) && key.value === 'env' && isScalar(value) && typeof value.value === 'string')
        names.add(value.value)
    },
  })
  return [...names]
}

function parseText(text: string): { document: Document; lines: LineCounter } {
  const lines = new LineCounter()
  return { document: parseDocument(text, { lineCounter: lines, uniqueKeys: false, version: '1.2' }), lines }
}

function valueOf(path: string, document: Document, lines: LineCounter): unknown {
  try {
    return document.toJS({ maxAliasCount: 50 })
  } catch (error) {
    throw new LockstepError(
      'bad-config',
      `${path}:${lineOfAlias(document, lines)}: ${(error as Error).message}`,
      { cause: error },
    )
  }
}

/** Returns the line of the first unresolved alias, or of the first alias where there are too many. */
function lineOfAlias(document: Document, lines: LineCounter): number {
  let first: number | undefined
  let unresolved: number | undefined
  visit(document, {
    Alias(_key, alias) {
      const { line } = lines.linePos(alias.range?.[0] ?? 0)
      first ??= line
      if (alias.resolve(document) === undefined) unresolved ??= line
    },
  })
  return unresolved ?? first ?? 1
}

function sentence(keys: readonly (string | number)[], issue: v.BaseIssue<unknown>): string {
  const name = keys.length === 0 ? 'the file' : keys.join('.')
  if (isUnknownKey(issue)) {
    const meant = issue.message.startsWith('Invalid')
      ? 'check its spelling'
      : `the closest known one is ${issue.message}`
    return `there is no setting ${name}; ${meant}`
  }
  if (issue.received === 'undefined')
    return `${name} is missing; expected ${plain(issue)}${misspeltFor(issue)}`
  return `${name} is ${shownOf(issue.received).replace(/\p{Cc}+/gu, ' ')}; expected ${plain(issue)}`
}

/** Returns a hint at a key beside the missing one that is probably its misspelling. */
function misspeltFor({ path }: v.BaseIssue<unknown>): string {
  const last = path?.at(-1)
  const there: unknown = last?.input
  if (last === undefined || typeof there !== 'object' || there === null) return ''
  const odd = Object.keys(there).find((key) => key !== String(last.key) && isLike(key, String(last.key)))
  return odd === undefined ? '' : `; there is ${odd}: check its spelling`
}

type Keys = readonly (string | number)[]

/**
 * Returns the issue of a misspelt key rather than that of a missing one. It looks within each of several forms of a
 * setting too.
 */
function mostTelling(issues: readonly v.BaseIssue<unknown>[]): { issue: v.BaseIssue<unknown>; keys: Keys } {
  const placed = issues.map((issue) => ({ issue, keys: keysOf(issue) }))
  const misspelt = placed.flatMap(({ issue, keys }) =>
    (issue.issues ?? []).map((each) => ({ issue: each, keys: [...keys, ...keysOf(each)] })),
  )
  const found =
    placed.find(({ issue }) => isUnknownKey(issue)) ??
    misspelt.find(({ issue, keys }) => isUnknownKey(issue) && isLike(String(keys.at(-1)), issue.message)) ??
    placed[0]
  if (found === undefined) throw new Error('no issue of a value that is not valid')
  return found
}

function keysOf({ path }: v.BaseIssue<unknown>): Keys {
  return (path ?? []).map(({ key }) => key as string | number)
}

/** Returns whether the issue is an unknown key; a list is no object with the keys 0, 1 and so on. */
function isUnknownKey({ type, expected, path }: v.BaseIssue<unknown>): boolean {
  return type === 'strict_object' && expected === 'never' && !Array.isArray(path?.at(-1)?.input)
}

function plain(issue: v.BaseIssue<unknown>): string {
  return issue.message.startsWith('Invalid') ? (issue.expected ?? 'something else') : issue.message
}

/** Returns the line of the value at this path, or of its nearest parent that is there. */
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

/** Returns advice on quotes: within braces YAML reads the brackets of an encrypted value. */
function adviseOnQuotes(text: string, line: number | undefined): string {
  const near = text.split('\n').slice(0, line).slice(-2).join('\n')
  return /[{,].*:\s*ENC\[/.test(near) ? '; write ENC[…] between quotes where it stands within { }' : ''
}

function firstSentence(message: string): string {
  return (message.split('\n')[0] ?? '').replace(/ at line \d+, column \d+:?$/, '')
}

/** Returns what is written, in its quotes; an address may have a password where none is allowed. */
function shownOf(received: string): string {
  return received.replace(/^"(.*)"$/s, (_, text: string) => `"${starSecret(text)}"`)
}
