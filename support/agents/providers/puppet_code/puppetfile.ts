import type { DeclaredModule } from '../../puppet_code'

const MAX_TEXT = 1_000_000
const NAME = /^(?:(\w+)[-/])?(\w+)$/
const RELEASE = /^\d+\.\d+\.\d+(?:[-+][0-9A-Za-z.+-]+)?$/
const COMMIT = /^[0-9a-f]{7,64}$/
const WHOLE_COMMIT = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/
/** The options that say which commit of a repository is wanted. Source: r10k 3.15.4, lib/r10k/module/git.rb */
const REFS = ['ref', 'commit', 'tag', 'branch']
/** The options that change nothing about which version there is to be. */
const HARMLESS = ['git', 'type', 'default_branch', 'exclude_spec', 'source']

export interface Puppetfile {
  /** The folder of the modules, within that of the code. */
  moduledir: string
  declared: DeclaredModule[]
}

/**
 * Parses a Puppetfile of plain declarations. It is a program in ruby, of which nothing is ever run: one with anything
 * else in it has no meaning here.
 * @throws Error that names the line which is no plain declaration
 */
export function parsePuppetfile(text: string): Puppetfile {
  if (text.length > MAX_TEXT) throw new Error(`it has more than ${MAX_TEXT} characters`)
  const [first, second] = text.split('\n')
  const [, coding] =
    /^.*#.*coding[:=]\s*([\w.-]+)/.exec(`${first ?? ''}\n`) ??
    /^\s*#.*coding[:=]\s*([\w.-]+)/.exec(second ?? '') ??
    []
  if (coding !== undefined && !/^utf-?8$/i.test(coding))
    throw new Error(`it is written in ${coding}; expected UTF-8`)
  const reader = new Reader(tokensOf(text))
  const found: Puppetfile = { moduledir: 'modules', declared: [] }
  const seen = new Map<string, number>()
  for (let statement = reader.statement(); statement !== undefined; statement = reader.statement()) {
    const { word, args, line } = statement
    const [name, version, ...more] = args
    if (word === 'forge' && name?.kind === 'text' && args.length === 1) continue
    if (word === 'moduledir' && name?.kind === 'text' && args.length === 1) {
      if (
        !/^(?!\.\.?(?:\/|$))[\w.-]+(?:\/(?!\.\.?(?:\/|$))[\w.-]+)*$/.test(name.text) ||
        found.declared.length > 0
      )
        throw notPlain(line)
      found.moduledir = name.text
      continue
    }
    if (word !== 'mod' || name?.kind !== 'text' || more.length > 0) throw notPlain(line)
    const declared = declaredOf(name.text, version, line)
    const earlier = seen.get(declared.name)
    if (earlier !== undefined)
      throw new Error(`line ${line}: the module ${declared.name} is there twice, first in line ${earlier}`)
    seen.set(declared.name, line)
    found.declared.push(declared)
  }
  return found
}

type Value =
  | { kind: 'text'; text: string }
  | { kind: 'symbol'; text: string }
  | { kind: 'word'; text: string }
  | { kind: 'options'; options: ReadonlyMap<string, Value> }

function declaredOf(written: string, version: Value | undefined, line: number): DeclaredModule {
  const [, owner, name] = NAME.exec(written) ?? []
  if (name === undefined) throw new Error(`line ${line}: ${JSON.stringify(written)} is no name of a module`)
  const module = { line, name, full: owner === undefined ? '' : `${owner}-${name}` }
  const unjudged = (value: string): DeclaredModule => ({ ...module, kind: 'not judged', value })
  if (version === undefined || isNil(version)) return unjudged('no version')
  if (version.kind === 'symbol') return unjudged(`:${version.text}`)
  if (version.kind === 'text')
    return RELEASE.test(version.text) && owner !== undefined
      ? { ...module, kind: 'version', value: version.text }
      : unjudged(version.text)
  if (version.kind === 'word') throw notPlain(line)
  return { ...module, ...ofOptions(version.options) }
}

function ofOptions(options: ReadonlyMap<string, Value>): Pick<DeclaredModule, 'kind' | 'value'> {
  const unjudged = (value: string) => ({ kind: 'not judged' as const, value })
  const textOf = (name: string) => {
    const value = options.get(name)
    return value === undefined || value.kind === 'options' ? undefined : value.text
  }
  const names = [...options.keys()]
  if (names.length === 1 && names[0] === 'local' && textOf('local') === 'true')
    return { kind: 'present', value: '' }
  if (textOf('type') === 'forge' && names.every((name) => ['type', 'version'].includes(name))) {
    const version = textOf('version') ?? ''
    return RELEASE.test(version) ? { kind: 'version', value: version } : unjudged(version || 'no version')
  }
  const refs = names.filter((name) => REFS.includes(name))
  const odd = names.find((name) => !REFS.includes(name) && !HARMLESS.includes(name))
  if (odd !== undefined) return unjudged(`the option ${odd}`)
  const [ref = ''] = refs
  const value = textOf(ref)
  if (!options.has('git') || refs.length !== 1 || value === undefined)
    return unjudged(refs.length > 1 ? refs.join(' and ') : 'no commit and no tag')
  if (ref === 'commit' && COMMIT.test(value)) return { kind: 'commit', value }
  if (ref === 'ref' && WHOLE_COMMIT.test(value)) return { kind: 'commit', value }
  return ref === 'tag' ? { kind: 'tag', value } : unjudged(`${ref} ${value}`)
}

function isNil(value: Value): boolean {
  return value.kind === 'word' && value.text === 'nil'
}

function notPlain(line: number): Error {
  return new Error(
    `line ${line} is no plain declaration of a module: ruby is not run here, so it is not judged`,
  )
}

interface Token {
  kind: 'text' | 'symbol' | 'word' | 'label' | 'sign' | 'end of line'
  text: string
  line: number
}

const TOKENS: readonly (readonly [Token['kind'] | 'nothing', RegExp])[] = [
  ['nothing', /[ \t\r]+|#[^\n]*/y],
  ['end of line', /\n/y],
  ['label', /([A-Za-z_]\w*):(?!:)/y],
  ['symbol', /:([A-Za-z_]\w*)/y],
  ['text', /'([^'\\\n]*)'(?!:)/y],
  ['text', /"([^"\\#\n]*)"(?!:)/y],
  ['label', /'([^'\\\n]*)':/y],
  ['label', /"([^"\\#\n]*)":/y],
  ['word', /([A-Za-z_]\w*)(?![\w?!])/y],
  ['sign', /(=>|[,(){}])/y],
]

function tokensOf(text: string): Token[] {
  const tokens: Token[] = []
  let [at, line] = [0, 1]
  while (at < text.length) {
    const isAtStart = at === 0 || text[at - 1] === '\n'
    if (isAtStart && /^__END__\r?(?:\n|$)/.test(text.slice(at, at + 10))) break
    const found = tokenAt(text, at)
    if (found === undefined) throw notPlain(line)
    const [kind, match] = found
    at += match[0].length
    if (kind !== 'nothing') tokens.push({ kind, text: match[1] ?? '', line })
    if (kind === 'end of line') line += 1
  }
  return tokens
}

function tokenAt(text: string, at: number): [Token['kind'] | 'nothing', RegExpExecArray] | undefined {
  for (const [kind, pattern] of TOKENS) {
    pattern.lastIndex = at
    const match = pattern.exec(text)
    if (match !== null) return [kind, match]
  }
  return undefined
}

interface Statement {
  word: string
  args: Value[]
  line: number
}

class Reader {
  private at = 0

  constructor(private readonly tokens: readonly Token[]) {}

  /** Returns the next declaration; undefined at the end. */
  statement(): Statement | undefined {
    this.skipLines()
    const token = this.tokens[this.at]
    if (token === undefined) return undefined
    const { line, text: word } = token
    if (token.kind !== 'word') throw notPlain(line)
    this.at += 1
    const isInParentheses = this.take('(')
    const args: Value[] = []
    do args.push(this.argument(line))
    while (this.take(','))
    if (isInParentheses) {
      this.skipLines()
      if (!this.take(')')) throw notPlain(line)
    }
    const next = this.tokens[this.at]
    if (next !== undefined && next.kind !== 'end of line') throw notPlain(next.line)
    return { word, args, line }
  }

  private argument(line: number): Value {
    // A line may go on behind a comma or a bracket, and not behind the first word.
    const before = this.tokens[this.at - 1]
    if (before?.kind === 'sign') this.skipLines()
    if (this.take('{')) {
      const options = this.options(line)
      this.skipLines()
      if (!this.take('}')) throw notPlain(line)
      return options
    }
    const [token, next] = [this.tokens[this.at], this.tokens[this.at + 1]]
    return token?.kind === 'label' || next?.text === '=>' ? this.options(line) : this.value(line)
  }

  private options(line: number): Value {
    const options = new Map<string, Value>()
    for (;;) {
      this.skipLines()
      const key = this.tokens[this.at]
      if (key === undefined || key.text === '}' || key.text === ')') break
      this.at += 1
      // A key that is a text is none of r10k's options.
      const name = key.kind === 'text' ? JSON.stringify(key.text) : key.text
      if (key.kind !== 'label' && !(['symbol', 'text'].includes(key.kind) && this.take('=>')))
        throw notPlain(key.line)
      if (options.has(name)) throw notPlain(key.line)
      this.skipLines()
      options.set(name, this.value(line))
      if (!this.take(',')) break
    }
    return { kind: 'options', options }
  }

  private value(line: number): Value {
    const token = this.tokens[this.at]
    this.at += 1
    if (token?.kind === 'text' || token?.kind === 'symbol') return { kind: token.kind, text: token.text }
    if (token?.kind === 'word' && ['true', 'false', 'nil'].includes(token.text))
      return { kind: 'word', text: token.text }
    throw notPlain(token?.line ?? line)
  }

  private take(sign: string): boolean {
    const token = this.tokens[this.at]
    if (token?.kind !== 'sign' || token.text !== sign) return false
    this.at += 1
    return true
  }

  private skipLines(): void {
    while (this.tokens[this.at]?.kind === 'end of line') this.at += 1
  }
}
