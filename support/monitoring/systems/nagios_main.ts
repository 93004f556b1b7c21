import { dirname, isAbsolute, normalize, resolve } from 'node:path'

/** The keys of Nagios's main configuration whose paths begin at the folder of that file. */
const READ_FROM = /^(\s*(?:cfg_file|cfg_dir|resource_file)\s*=\s*)(.*?)\s*$/

/**
 * Returns a main configuration that reads one folder in place of another, and all else as before. Undefined where it
 * does not read that folder: what is written there would never be monitored.
 */
export function exchangeFolder(
  text: string,
  { path, folder, by }: { path: string; folder: string; by: string },
): string | undefined {
  let isRead = false
  const lines = text.split('\n').map((line) => {
    const [, key = '', value = ''] = READ_FROM.exec(line) ?? []
    if (key === '') return line
    const at = isAbsolute(value) ? value : resolve(dirname(path), value)
    const isOurs = key.includes('cfg_dir') && samePath(at, folder)
    isRead ||= isOurs
    return `${key.trimStart()}${isOurs ? by : at}`
  })
  return isRead ? lines.join('\n') : undefined
}

/** Returns the value of a key; undefined where the file does not have it. */
export function valueIn(text: string, key: string): string | undefined {
  for (const line of text.split('\n')) {
    const [, name, value] = /^\s*(\w+)\s*=\s*(.*?)\s*$/.exec(line) ?? []
    if (name === key) return value
  }
  return undefined
}

function samePath(one: string, other: string): boolean {
  return normalize(`${one}/`) === normalize(`${other}/`)
}
