import { excerpt } from '../system/redaction'
import { fieldOf } from './parse_spooled'

const HEADER = 'lockstep/revision/1'
/** The highest number of a revision that Subversion can give. */
const MAX_REVISION = 2 ** 31 - 1

/** A revision that the hook of a Subversion repository has told of. */
export interface AnnouncedRevision {
  /** The name of the repository in lockstep.yaml, by the hook's own word. */
  repository: string
  /** Who committed, as Subversion has it; no identity that anything is allowed by. */
  by: string | undefined
  revision: number
}

/**
 * Parses a revision as the hook leaves it: a line with the form's name, lines of a word and its value, an empty line, then
 * `r17` and the word `end`. Returns it, or what is wrong with the text.
 */
export function parseRevision(text: string): AnnouncedRevision | { fault: string } {
  const [head = '', ...rest] = text.split('\n\n')
  const [form, ...fields] = head.split('\n')
  if (form !== HEADER)
    return { fault: `begins with ${JSON.stringify(excerpt(form ?? '', 40))}; expected ${HEADER}` }
  const repository = fieldOf(fields, 'repository')
  if (repository === undefined || repository === '') return { fault: 'names no repository' }
  const body = rest.join('\n\n')
  const revision = Number(/^r([1-9]\d{0,9})\nend\n$/.exec(body)?.[1])
  if (!(revision <= MAX_REVISION))
    return { fault: `has ${JSON.stringify(excerpt(body, 40))}; expected a revision, such as r17, and end` }
  return { repository, by: fieldOf(fields, 'by') || undefined, revision }
}
