import type { Plain } from './plain'

/** A call of a data function with a quoted argument, a field, an operator and a value. */
const CALL =
  /^(\w+)\((?:'([^']*)'|"([^"]*)"|([^'")]*))\)\.(\w+)\s*(!=|>=|<=|==|=|>|<)\s*(?:'([^']*)'|"([^"]*)"|([^\s()]+))/
const WORD = /^(?:(\(|\)|!)|(and|or|not)(?=[\s(!]|$)|(\/(?:\\.|[^/\\])+\/|[^\s()!]+))/

/**
 * Splits an expression such as `country=de and (roles::web or not environment=prod)` into words, as in a compound
 * filter. Undefined for a text that cannot be split.
 */
export function compoundWords(expression: string): Plain[] | undefined {
  const words: Plain[] = []
  let rest = expression.trimStart()
  while (rest !== '') {
    const call = CALL.exec(rest)
    const word = call ?? WORD.exec(rest)
    if (word === null) return undefined
    words.push(call === null ? plainWord(word) : encodeCall(call))
    rest = rest.slice(word[0].length).trimStart()
  }
  return words.length === 0 ? undefined : words
}

function plainWord([, sign, keyword, statement]: RegExpExecArray): Plain {
  if (statement !== undefined) return { statement }
  const word = sign ?? keyword ?? ''
  return { [word]: word }
}

function encodeCall([, name, a, b, c, value, operator, x, y, z]: RegExpExecArray): Plain {
  const said = { name: name ?? '', params: a ?? b ?? c ?? '', value: value ?? '', operator: operator ?? '' }
  return { fstatement: { ...said, r_compare: x ?? y ?? z ?? '' } }
}
