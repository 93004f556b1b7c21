import { excerpt } from '../system/redaction'
import type { Push, RefChange } from './push'
import { MAX_CHANGES, parseRefLine } from './ref_line'

const HEADER = 'lockstep/push/1'
const END = 'end'

/**
 * Parses a push as the hook leaves it: a line with the form's name, lines of a word and its value, an empty line, then
 * git's own lines of `post-receive`, `old new ref`, and the word `end`. Returns the push, or what is wrong with the text.
 */
export function parseSpooled(text: string): { push: Push } | { fault: string } {
  const [head = '', ...rest] = text.split('\n\n')
  const [form, ...fields] = head.split('\n')
  if (form !== HEADER)
    return { fault: `begins with ${JSON.stringify(excerpt(form ?? '', 40))}; expected ${HEADER}` }
  const repository = fieldOf(fields, 'repository')
  if (repository === undefined || repository === '') return { fault: 'names no repository' }
  const lines = rest.join('\n\n').split('\n')
  if (lines.pop() !== '' || lines.pop() !== END) return { fault: 'is not whole: its last line is not there' }
  if (lines.length === 0) return { fault: 'has no ref' }
  if (lines.length > MAX_CHANGES)
    return { fault: `has ${lines.length} refs; at most ${MAX_CHANGES} are taken` }
  const changes: RefChange[] = []
  for (const line of lines) {
    const change = parseRefLine(line)
    if (change === undefined)
      return { fault: `has the line ${JSON.stringify(excerpt(line, 120))}; expected: old id, new id, ref` }
    changes.push(change)
  }
  return { push: { repository, by: fieldOf(fields, 'by') || undefined, changes } }
}

/** Returns the value of a line of a word and its value; undefined where there is none. */
export function fieldOf(fields: readonly string[], name: string): string | undefined {
  return fields.find((field) => field.startsWith(`${name} `))?.slice(name.length + 1)
}
