import { isLike, nearest } from '../config/nearest'
import { LockstepError } from '../system/errors'
import { excerpt } from '../system/redaction'
import { isName, NAME } from './names'
import { ACTS, type Act, type Person, type Policy } from './person'

/** A sentence of a policy, such as `group web may look and plan in test`. */
export interface Right {
  who: { kind: 'everybody' } | { kind: 'group' | 'person'; name: string }
  acts: readonly Act[]
  /** Undefined for every environment, also for one that comes later. */
  environments: readonly string[] | undefined
  line: number
}

/** A sentence that says what somebody may, or may not, for a check of a policy. */
export interface PolicyCase extends Right {
  isAllowed: boolean
}

const FORM = '<name>, group <name> or everybody may <acts> in <environments>'
const EVERY = 'every environment'
export const MAX_POLICY_LINES = 10_000

/**
 * Parses a policy: one sentence a line, `#` before a comment.
 * @throws LockstepError `bad-config`: file, line, what was expected, the closest word
 */
export function parsePolicy(path: string, text: string, environments: readonly string[]): Right[] {
  return linesOf(path, text).map(({ words, line }) => {
    const { isAllowed, ...right } = parseSentence(words, `${path}:${line}`, environments)
    if (isAllowed) return { ...right, line }
    throw fault(
      `${path}:${line}`,
      'a policy says what is allowed, and all else is not; expected may, or no such line',
    )
  })
}

/**
 * Parses cases that a policy is checked by: sentences like its own, and such with `may not`.
 * @throws LockstepError `bad-config`: file, line, what was expected, the closest word
 */
export function parseCases(path: string, text: string, environments: readonly string[]): PolicyCase[] {
  return linesOf(path, text).map(({ words, line }) => ({
    ...parseSentence(words, `${path}:${line}`, environments),
    line,
  }))
}

/** Returns what sentences allow. */
export function policyOf(rights: readonly Right[]): Policy {
  return {
    allows: (person, act, environment) =>
      rights.some(
        ({ who, acts, environments }) =>
          isMeant(who, person) &&
          acts.includes(act) &&
          (environments === undefined || environments.includes(environment)),
      ),
  }
}

function isMeant(who: Right['who'], { name, groups }: Person): boolean {
  if (who.kind === 'everybody') return true
  return who.kind === 'group' ? groups.includes(who.name) : name === who.name
}

function linesOf(path: string, text: string): { words: string[]; line: number }[] {
  const lines = text.split(/\r?\n/)
  if (lines.length > MAX_POLICY_LINES)
    throw fault(path, `it has ${lines.length} lines; at most ${MAX_POLICY_LINES} are read`)
  return lines.flatMap((written, index) => {
    const words = written
      .replace(/#.*/, '')
      .replaceAll(',', ' , ')
      .split(/[ \t]+/)
      .filter((word) => word !== '')
    return words.length === 0 ? [] : [{ words, line: index + 1 }]
  })
}

function parseSentence(
  words: readonly string[],
  where: string,
  environments: readonly string[],
): Omit<PolicyCase, 'line'> {
  const may = words.indexOf('may')
  if (may === -1) throw fault(where, `there is no "may"${meant(words, 'may')}; expected ${FORM}`)
  const from = words.indexOf('in', may)
  if (from === -1)
    throw fault(
      where,
      `it does not say where; expected in ${EVERY}, or in ${environments[0] ?? '<environment>'}`,
    )
  const isAllowed = words[may + 1] !== 'not'
  return {
    who: parseWho(words.slice(0, may), where),
    isAllowed,
    acts: parseActs(words.slice(isAllowed ? may + 1 : may + 2, from), where),
    environments: parsePlaces(words.slice(from + 1), where, environments),
  }
}

function parseWho(words: readonly string[], where: string): Right['who'] {
  const [first, second, ...more] = words
  const rest = more.length > 0
  if (first === 'everybody' && second === undefined) return { kind: 'everybody' }
  if (first === 'group' && second !== undefined && !rest && isName(second))
    return { kind: 'group', name: second }
  if (first !== undefined && second === undefined && isName(first)) return { kind: 'person', name: first }
  const said =
    first === undefined ? 'no one is named' : `${quote(words.join(' '))} names no person and no group`
  throw fault(
    where,
    `${said}${meant(words, 'everybody')}${meant(words, 'group')}; expected ${NAME}, group and a name, or everybody; one sentence for each`,
  )
}

function parseActs(words: readonly string[], where: string): Act[] {
  const all = listed(joined(words), where, `an act: ${ACTS.join(', ')}`)
  return all.map((word) => {
    const act = ACTS.find((each) => each === word)
    if (act !== undefined) return act
    throw fault(where, `there is no act ${quote(word)}; expected ${ACTS.join(', ')}${closest(word, ACTS)}`)
  })
}

/** Joins the two words of `put back`. */
function joined(words: readonly string[]): string[] {
  return words.flatMap((word, index) => {
    if (word === 'back' && words[index - 1] === 'put') return []
    return word === 'put' && words[index + 1] === 'back' ? ['put back'] : [word]
  })
}

function parsePlaces(
  words: readonly string[],
  where: string,
  environments: readonly string[],
): string[] | undefined {
  if (words.join(' ') === EVERY) return undefined
  const all = listed(words, where, `${EVERY}, or environments`)
  return all.map((word) => {
    if (environments.includes(word)) return word
    const there =
      environments.length === 0 ? 'lockstep.yaml has none' : `there are: ${environments.join(', ')}`
    throw fault(
      where,
      `there is no environment ${quote(word)}; ${there}${closest(word, [...environments, ...(words.length === 2 ? ['every'] : [])])}`,
    )
  })
}

/** Returns the things between commas and `and`. */
function listed(words: readonly string[], where: string, expected: string): string[] {
  const things: string[] = []
  let isNext = true
  for (const word of words) {
    const parts = word === ',' || word === 'and'
    // A comma before an "and" is how some write it.
    if (parts && isNext && !(word === 'and' && things.length > 0))
      throw fault(where, `${quote(word)} stands where ${expected} was expected`)
    if (!parts && !isNext) throw fault(where, `${quote(word)} stands without a comma or "and" before it`)
    if (!parts) things.push(word)
    isNext = parts
  }
  if (isNext)
    throw fault(
      where,
      `${words.length === 0 ? 'nothing' : quote(words.at(-1) ?? '')} stands where ${expected} was expected`,
    )
  return things
}

function meant(words: readonly string[], word: string): string {
  const odd = words.find((each) => isLike(each, word) && each !== word)
  return odd === undefined ? '' : `, and ${quote(odd)} is like ${word}`
}

function closest(word: string, known: readonly string[]): string {
  const best = nearest(word, known)
  return best !== '' && isLike(word, best) ? `; the closest one is ${best}` : ''
}

function quote(word: string): string {
  return JSON.stringify(excerpt(word, 80))
}

function fault(where: string, why: string): LockstepError {
  return new LockstepError('bad-config', `${where}: ${why}`)
}
