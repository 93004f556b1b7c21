import { excerpt } from '../system/redaction'
import { MAX_CHANGES, type Announcement, type PackageChange } from './announcement'

const HEADER = 'lockstep/packages/1'
const END = 'end'

/** Strict: a version goes on to hosts, and is an argument of their package managers. */
const NAME = /^[A-Za-z0-9](?:[A-Za-z0-9.+_-]{0,148}[A-Za-z0-9.+_])?$/
const VERSION = /^[A-Za-z0-9][A-Za-z0-9.+~:^_-]{0,149}$/
const WORD = /^[A-Za-z0-9][A-Za-z0-9./+_-]{0,99}$/
const MAX_BY = 100
const ACTIONS: ReadonlySet<string> = new Set(['add', 'replace', 'remove'])

/**
 * Parses an announcement as the program of a package repository leaves it: a line with the form's name, lines of a word
 * and its value, an empty line, then `action codename type component architecture name version` for each change, and the
 * word `end`. Returns the announcement, or what is wrong with the text.
 */
export function parseAnnouncement(text: string): { announcement: Announcement } | { fault: string } {
  const [head = '', ...rest] = text.split('\n\n')
  const [form, ...fields] = head.split('\n')
  if (form !== HEADER)
    return { fault: `begins with ${JSON.stringify(excerpt(form ?? '', 40))}; expected ${HEADER}` }
  const repository = fieldOf(fields, 'repository')
  if (repository === undefined || repository === '') return { fault: 'names no package repository' }
  const lines = rest.join('\n\n').split('\n')
  if (lines.pop() !== '' || lines.pop() !== END) return { fault: 'is not whole: its last line is not there' }
  if (lines.length > MAX_CHANGES)
    return { fault: `has ${lines.length} changes; at most ${MAX_CHANGES} are taken` }
  const changes: PackageChange[] = []
  for (const line of lines) {
    const change = parseChange(line)
    if (change === undefined)
      return {
        fault: `has the line ${JSON.stringify(excerpt(line, 200))}; expected: action, codename, type, component, architecture, name, version`,
      }
    changes.push(change)
  }
  const by = fieldOf(fields, 'by')
  return { announcement: { repository, by: by ? excerpt(by, MAX_BY) : undefined, changes } }
}

function parseChange(line: string): PackageChange | undefined {
  const words = line.split(' ')
  const [action = '', codename = '', type = '', component = '', arch = '', name = '', version = ''] = words
  const isWell =
    words.length === 7 &&
    ACTIONS.has(action) &&
    [codename, type, component, arch].every((word) => WORD.test(word)) &&
    NAME.test(name) &&
    VERSION.test(version)
  if (!isWell) return undefined
  return { codename, arch, name, version: action === 'remove' ? null : version, isForHosts: type === 'deb' }
}

function fieldOf(fields: readonly string[], name: string): string | undefined {
  return fields.find((field) => field.startsWith(`${name} `))?.slice(name.length + 1)
}
