import {
  isMap,
  isNode,
  isScalar,
  LineCounter,
  parseAllDocuments,
  parseDocument,
  type Document,
  type Node,
} from 'yaml'
import * as v from 'valibot'
import { printable } from './printable'
import type { Remark } from './remark'

const text = v.pipe(v.string(), v.nonEmpty())
const texts = v.pipe(v.array(text), v.nonEmpty())
/** Options go to functions; these keys of them are Puppet's own. */
const options = v.pipe(
  v.record(v.pipe(v.string(), v.regex(/^[A-Za-z](?:[\w:-]*[0-9A-Za-z])?$/)), v.unknown()),
  v.check(
    (all) => !('path' in all) && !('uri' in all),
    'path and uri are no options: they are set by Puppet',
  ),
)
const FUNCTIONS = ['data_hash', 'lookup_key', 'data_dig'] as const
const LEVEL_FUNCTIONS = [...FUNCTIONS, 'hiera3_backend', 'v4_data_hash'] as const
const LOCATIONS = ['path', 'paths', 'glob', 'globs', 'uri', 'uris', 'mapped_paths'] as const

function countOf(keys: readonly string[], of: object): number {
  return keys.filter((key) => key in of).length
}

const functions = v.pipe(
  v.strictObject({
    data_hash: v.optional(text),
    lookup_key: v.optional(text),
    data_dig: v.optional(text),
    datadir: v.optional(text),
    options: v.optional(options),
  }),
  v.check((of) => countOf(FUNCTIONS, of) <= 1, `expected at most one of ${FUNCTIONS.join(', ')}`),
)

const levels = v.array(
  v.pipe(
    v.strictObject({
      name: text,
      options: v.optional(options),
      data_hash: v.optional(text),
      lookup_key: v.optional(text),
      data_dig: v.optional(text),
      hiera3_backend: v.optional(text),
      v4_data_hash: v.optional(text),
      path: v.optional(text),
      paths: v.optional(texts),
      glob: v.optional(text),
      globs: v.optional(texts),
      uri: v.optional(text),
      uris: v.optional(texts),
      mapped_paths: v.optional(v.pipe(v.array(text), v.length(3))),
      datadir: v.optional(text),
    }),
    v.check(
      (of) => countOf(LEVEL_FUNCTIONS, of) <= 1,
      `expected at most one of ${LEVEL_FUNCTIONS.join(', ')}`,
    ),
    v.check((of) => countOf(LOCATIONS, of) <= 1, `expected at most one of ${LOCATIONS.join(', ')}`),
  ),
)

/** The form of `hiera.yaml`. Source: lib/puppet/pops/lookup/hiera_config.rb of Puppet 7.23, HieraConfigV5. */
const HIERA = v.strictObject({
  version: v.literal(5),
  defaults: v.optional(functions),
  hierarchy: v.optional(levels),
  plan_hierarchy: v.optional(levels),
  default_hierarchy: v.optional(levels),
})
type Hiera = v.InferOutput<typeof HIERA>

/** Returns why Puppet would refuse a text as `hiera.yaml`. */
export function judgeHieraYaml(source: string): Remark[] {
  const lines = new LineCounter()
  const document = parseDocument(source, { lineCounter: lines, uniqueKeys: false, version: '1.2' })
  // What is no YAML is the matter of another check.
  if (document.errors.length > 0) return []
  const value = plainValue(document)
  if (value === undefined) return [say('error', undefined, 'it cannot be read: its aliases come to too much')]
  if (typeof value !== 'object' || value === null || Array.isArray(value) || Object.keys(value).length === 0)
    return [say('error', 1, 'expected a map with version: 5')]
  const version =
    (value as Record<string, unknown>)['version'] ?? (value as Record<string, unknown>)[':version']
  if (version === undefined || version === 3 || version === 4) return [say('warning', 1, OLD)]
  const place = (path: readonly (string | number)[]) => lineAt(document, path, lines)
  const parsed = v.safeParse(HIERA, value)
  if (!parsed.success)
    return parsed.issues.map((issue) => {
      const path = (issue.path ?? []).map(({ key }) => key as string | number)
      return say('error', place(path), formatIssue(path, issue))
    })
  return LISTS.flatMap((list) => judgeLevels(parsed.output, list, place))
}

const OLD = 'it has no version: 5; Puppet takes it for an older form, which is not checked here'
const LISTS = ['hierarchy', 'plan_hierarchy', 'default_hierarchy'] as const

type Place = (path: readonly (string | number)[]) => number | undefined

function judgeLevels({ defaults, ...all }: Hiera, list: (typeof LISTS)[number], place: Place): Remark[] {
  const seen = new Map<string, number | undefined>()
  // Without defaults, Puppet reads YAML.
  const hasFunction = defaults === undefined || countOf(FUNCTIONS, defaults) === 1
  return (all[list] ?? []).flatMap((level, index) => {
    const line = place([list, index])
    const remarks: Remark[] = []
    const name = printable(level.name)
    if (seen.has(level.name)) remarks.push(say('error', line, `the level ${name} is there twice in ${list}`))
    seen.set(level.name, line)
    if (!hasFunction && countOf(LEVEL_FUNCTIONS, level) === 0)
      remarks.push(
        say(
          'error',
          line,
          `the level ${name} says not how it is read; expected one of ${FUNCTIONS.join(', ')}`,
        ),
      )
    return remarks
  })
}

/** Returns where data of hiera is no map, by the keys of which Puppet looks values up. */
export function judgeHieraData(source: string): Remark[] {
  const documents = parseAllDocuments(source, { uniqueKeys: false, version: '1.2' })
  const all = Array.isArray(documents) ? (documents as Document[]) : []
  const [first] = all
  if (first === undefined || all.some(({ errors }) => errors.length > 0)) return []
  const { contents } = first
  if (contents === null || isMap(contents) || (isScalar(contents) && contents.value === null)) return []
  return [say('warning', 1, 'no map, so that Puppet finds no value in it')]
}

function say(severity: Remark['severity'], line: number | undefined, message: string): Remark {
  return { severity, line, message: `hiera: ${message}` }
}

/** Returns the value of a document; undefined where aliases make it grow too much. */
function plainValue(document: Document): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 }) as unknown
  } catch {
    return undefined
  }
}

function formatIssue(path: readonly (string | number)[], issue: v.BaseIssue<unknown>): string {
  const where = path
    .map((key) => (typeof key === 'number' ? `[${key}]` : `.${printable(key) || '""'}`))
    .join('')
  const key = where.replace(/^\./, '')
  if (issue.type === 'strict_object' && issue.expected === 'never')
    return `${key} is no key that Puppet knows`
  if (issue.received === 'undefined') return `${key} is missing`
  return `${key} is not right: ${issue.type === 'check' ? issue.message : `expected ${expectedOf(issue)}`}`
}

function expectedOf(issue: v.BaseIssue<unknown>): string {
  if (issue.type === 'string' || issue.type === 'non_empty') return 'a text or a list that is not empty'
  if (issue.type === 'array') return 'a list'
  if (issue.type === 'length') return 'three texts'
  if (issue.type === 'regex') return 'a name of letters, digits, _ and -'
  return issue.expected ?? 'another value'
}

/** Returns the line of the innermost part of a path that is there. */
function lineAt(
  document: Document,
  path: readonly (string | number)[],
  lines: LineCounter,
): number | undefined {
  for (let length = path.length; length >= 0; length -= 1) {
    const node = document.getIn(path.slice(0, length), true)
    const found = keyNode(document, path.slice(0, length)) ?? (isNode(node) ? node : undefined)
    if (found?.range != null) return lines.linePos(found.range[0]).line
  }
  return undefined
}

/** Returns the key of a part, since its value may begin in the next line. */
function keyNode(document: Document, path: readonly (string | number)[]): Node | undefined {
  const parent = path.length === 0 ? undefined : document.getIn(path.slice(0, -1), true)
  if (!isMap(parent)) return undefined
  const pair = parent.items.find(({ key }) => isScalar(key) && key.value === path.at(-1))
  return isNode(pair?.key) ? pair.key : undefined
}
