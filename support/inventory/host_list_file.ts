import { LockstepError } from '../system/errors'
import { readConfigFile } from '../config/files'
import { excerpt } from '../system/redaction'

/**
 * Reads host names from a table of one column.
 * @throws LockstepError `bad-feature` for a name that is none or comes twice
 */
export function hostsInTable(table: { raw(): readonly (readonly string[])[] }): string[] {
  const names = table.raw().flat()
  const seen = new Set<string>()
  for (const name of names) {
    const text = JSON.stringify(excerpt(name, 80))
    if (!isHostName(name))
      throw new LockstepError('bad-feature', `${text}, in the table of hosts, is no host name`)
    if (seen.has(name.toLowerCase()))
      throw new LockstepError('bad-feature', `${text} is twice in the table of hosts`)
    seen.add(name.toLowerCase())
  }
  return names
}

export function isHostName(text: string): boolean {
  return NAME.test(text)
}

const NAME = /^[A-Za-z0-9][\w.-]{0,254}$/

/**
 * Reads host names from a file, one a line; blank lines and `#` comments are passed over.
 * @throws LockstepError `bad-input` naming the line of a name that is none or comes twice
 */
export function readHostList(path: string): string[] {
  const seen = new Map<string, { name: string; line: number }>()
  readConfigFile(path, 'host list', 'hosts')
    .split(/\r\n|\r|\n/)
    .forEach((raw, index) => {
      const name = raw.replace(/#.*$/, '').trim()
      if (name === '') return
      const where = `${path}:${index + 1}`
      if (!isHostName(name)) {
        throw new LockstepError('bad-input', `${where}: ${JSON.stringify(excerpt(name, 80))} is no host name`)
      }
      const before = seen.get(name.toLowerCase())
      if (before !== undefined) {
        throw new LockstepError('bad-input', `${where}: ${name} is listed already, on line ${before.line}`)
      }
      seen.set(name.toLowerCase(), { name, line: index + 1 })
    })
  if (seen.size === 0) throw new LockstepError('bad-input', `${path} lists no host`)
  return [...seen.values()].map(({ name }) => name)
}
