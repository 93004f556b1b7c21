/**
 * Returns, in a sentence, why cucumber cannot choose scenarios by these tags and names; undefined where it can. An
 * expression that cannot be read alone could mean something else between the parentheses that cucumber puts around it.
 */
export function faultOfChoice(tags: readonly string[], names: readonly string[]): string | undefined {
  return faultOf('--tags', tags, faultOfTags) ?? faultOf('--name', names, faultOfName)
}

/** Returns the same of the tags and names that a configuration of cucumber comes to, with those of the command line. */
export function faultOfConfiguredChoice(tags: string, names: readonly string[]): string | undefined {
  const all = tags.trim() === '' ? [] : [tags]
  return (
    faultOf('the configuration of cucumber: tags', all, faultOfTags) ??
    faultOf('the configuration of cucumber: name', names, faultOfName)
  )
}

function faultOf(
  what: string,
  values: readonly string[],
  find: (value: string) => string | undefined,
): string | undefined {
  for (const value of values) {
    const why = find(value)
    if (why !== undefined) return `${what} ${JSON.stringify(value)} ${why}; nothing was sent`
  }
  return undefined
}

/**
 * Encloses an expression in parentheses. Cucumber joins it to that of the profile with `and`, and would leave `(@a) or
 * (@b)` as it is: all that has the tag @b would then run.
 */
export function enclose(expression: string): string {
  return isEnclosed(expression) ? expression : `(${expression})`
}

/** Returns whether the first parenthesis of an expression is closed by its last one. */
function isEnclosed(expression: string): boolean {
  if (!expression.startsWith('(') || !expression.endsWith(')')) return false
  let depth = 0
  for (let at = 0; at < expression.length; at += 1) {
    const character = expression[at]
    if (character === '\\') at += 1
    else if (character === '(') depth += 1
    else if (character === ')') depth -= 1
    if (depth === 0) return at >= expression.length - 1
  }
  return false
}

function faultOfTags(expression: string): string | undefined {
  if (expression.trim() === '') return 'is empty; leave it out, or write an expression, such as @canary'
  // Loaded where it is needed: most calls choose no scenarios.
  const { parse } = require('@cucumber/tag-expressions') as typeof import('@cucumber/tag-expressions')
  try {
    parse(expression)
    return undefined
  } catch (error) {
    const [, why = 'it cannot be read'] = /syntax error: (.*?)\.?$/s.exec((error as Error).message) ?? []
    return `is no expression of tags, such as "@canary and not @slow": ${why.toLowerCase()}`
  }
}

function faultOfName(pattern: string): string | undefined {
  if (pattern.trim() === '') return 'is empty; leave it out, or write a part of a name'
  try {
    new RegExp(pattern)
    return undefined
  } catch {
    return 'is no pattern of names; write a backslash before its brackets'
  }
}
