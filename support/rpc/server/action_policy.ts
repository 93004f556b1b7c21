import { evaluateCompound, type DataFunction } from '../../protocol/compound'
import { compoundWords } from '../../protocol/compound_words'
import { matchesText, type FilterSubject } from '../../protocol/filter'
import { Patterns } from '../../protocol/patterns'
import { Refusal } from '../../protocol/refusal'

/** The caller and the action that a policy decides about. */
export interface PolicyRequest {
  caller: string
  action: string
}

/** The host and its data that a policy is evaluated against. */
export interface PolicySubject {
  host: FilterSubject
  /** The values of the data functions of an expression. */
  data?: DataFunction
  /** Callers by the name of their group. */
  groups?: ReadonlyMap<string, readonly string[]>
  /** Is told of a line about this request that fits no host, since a word of it stands in the wrong column. */
  onTrouble?: (what: string) => void
}

type Judged = PolicySubject & { patterns: Patterns; onMisplaced: (what: string) => void }

export interface PolicyDecision {
  allowed: boolean
  /** The line that decided, or a note that none did. */
  because: string
}

/**
 * Decides by an actionpolicy file: lines of verdict, callers, actions, facts and classes. Columns are separated by
 * tabs, or by spaces where no column holds more than one word. Facts and classes are lists of which all have to match,
 * or expressions; without a column of classes, that of facts is an expression of both. The first line that fits
 * decides. Without one the line `policy default` decides, and without that line the answer is no. A line that cannot be
 * read denies the request as well. A line with a class among facts, or a fact among classes, fits no host, as in Ruby's
 * daemon, and `onTrouble` is told.
 */
export function decide(policy: string, request: PolicyRequest, subject: PolicySubject): PolicyDecision {
  const misplaced: string[] = []
  const onMisplaced = (what: string) => void misplaced.push(what)
  const judged = { ...subject, patterns: new Patterns(Number.POSITIVE_INFINITY), onMisplaced }
  let standard = false
  for (const [index, raw] of policy.split(/\r?\n/).entries()) {
    const line = raw.trim()
    if (line === '' || line.startsWith('#')) continue
    const because = `line ${index + 1} of the policy`
    const [, byDefault] = /^policy\s+default\s+(allow|deny)$/.exec(line) ?? []
    if (byDefault !== undefined) {
      standard = byDefault === 'allow'
      continue
    }
    const columns = line.includes('\t') ? line.split(/\t+/) : line.split(/ +/)
    const [verdict, callers = '', actions = '', facts = '', classes, ...more] = columns.map((each) =>
      each.trim(),
    )
    const isReadable = (verdict === 'allow' || verdict === 'deny') && facts !== '' && more.length === 0
    try {
      const where = isReadable ? isWhere(facts, classes, judged) : undefined
      if (where === undefined) return { allowed: false, because: `${because} cannot be read` }
      const isAbout =
        any(callers, (each) => isCaller(each, request.caller, judged)) &&
        any(actions, (each) => each === request.action)
      for (const what of misplaced.splice(0))
        if (isAbout)
          subject.onTrouble?.(
            `${because} fits no host, and ${verdict === 'deny' ? 'denies' : 'allows'} nothing: ${what}`,
          )
      if (where && isAbout) return { allowed: verdict === 'allow', because }
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      return { allowed: false, because: `${because} cannot be read: ${error.message}` }
    }
  }
  return { allowed: standard, because: 'no line of the policy fits' }
}

/** Reads the groups of a file whose lines are a name and callers. */
export function readGroups(text: string): Map<string, readonly string[]> {
  const lines = text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.split(/\s+/))
  return new Map(lines.map(([name = '', ...callers]) => [name, callers]))
}

function any(column: string, test: (item: string) => boolean): boolean {
  return column === '*' || column.split(/\s+/).some(test)
}

function isCaller(written: string, caller: string, { groups, patterns }: Judged): boolean {
  if (written === caller || matchesText(written, caller, patterns)) return true
  return groups?.get(written)?.includes(caller) === true
}

/** Returns whether a line is about this host, or undefined when that is not known. */
function isWhere(facts: string, classes: string | undefined, subject: Judged): boolean | undefined {
  if (classes === undefined) return facts === '*' ? true : evaluateExpression(facts, subject)
  const both = [
    matches(facts, isFact, 'a fact', subject),
    matches(classes, (word) => !isFact(word), 'a class', subject),
  ]
  return both.includes(undefined) ? undefined : both.every((each) => each === true)
}

function isFact(word: string): boolean {
  return /[<>=]/.test(word)
}

/** Evaluates a column: a list of which all words have to match, or an expression. */
function matches(
  column: string,
  isOne: (word: string) => boolean,
  what: 'a fact' | 'a class',
  subject: Judged,
): boolean | undefined {
  if (column === '*') return true
  if (/(^|\s)(and|or|not)(\s|$)|[()!]/.test(column)) return evaluateExpression(column, subject)
  const words = column.split(/\s+/)
  const other = words.find((word) => !isOne(word))
  if (other !== undefined) {
    subject.onMisplaced(`"${other}" stands where ${what} is expected; write it in the other column`)
    return false
  }
  const each = words.map((word) => evaluateExpression(word, subject))
  return each.includes(undefined) ? undefined : each.every((value) => value === true)
}

function evaluateExpression(
  expression: string,
  { host, data = () => undefined, patterns }: Judged,
): boolean | undefined {
  const words = compoundWords(expression)
  return words === undefined ? undefined : evaluateCompound(words, host, data, patterns)
}
