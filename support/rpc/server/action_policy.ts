import { isPattern, matchesFact, matchesText, type FilterSubject } from '../../protocol/filter'

/** Who wants what done. */
export interface PolicyRequest {
  caller: string
  action: string
}

export interface PolicyDecision {
  allowed: boolean
  /** The line that decided, or that none did. */
  because: string
}

/**
 * Decides by an actionpolicy file: lines of verdict, callers, actions, facts and classes, in columns of tabs, or of
 * spaces where no column holds more than one word. The first line that fits decides; without one the line `policy
 * default` does, and without that the answer is no. A line that cannot be read is an answer too, and it is no.
 */
export function decide(policy: string, request: PolicyRequest, host: FilterSubject): PolicyDecision {
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
    const [verdict, callers = '', actions = '', facts = '', classes = '*', ...more] = columns.map((each) =>
      each.trim(),
    )
    const isReadable = (verdict === 'allow' || verdict === 'deny') && facts !== '' && more.length === 0
    if (!isReadable || isCompound(facts)) return { allowed: false, because: `${because} cannot be read` }
    if (
      any(
        callers,
        (each) => each === request.caller || (isPattern(each) && matchesText(each, request.caller)),
      ) &&
      any(actions, (each) => each === request.action) &&
      all(facts, (each) => hasFact(each, host)) &&
      all(classes, (each) => host.classes.some((name) => matchesText(each, name)))
    )
      return { allowed: verdict === 'allow', because }
  }
  return { allowed: standard, because: 'no line of the policy fits' }
}

function any(column: string, test: (item: string) => boolean): boolean {
  return column === '*' || column.split(/\s+/).some(test)
}

function all(column: string, test: (item: string) => boolean): boolean {
  return column === '*' || column.split(/\s+/).every(test)
}

function hasFact(written: string, { facts }: FilterSubject): boolean {
  const [, fact, value] = /^([^=]+)=(.*)$/.exec(written) ?? []
  return fact !== undefined && value !== undefined && matchesFact({ fact, operator: '==', value }, facts)
}

/** Expressions of facts are not evaluated here yet. */
function isCompound(facts: string): boolean {
  return /(^|\s)(and|or|not|!)(\s|$)|[()]/.test(facts)
}
