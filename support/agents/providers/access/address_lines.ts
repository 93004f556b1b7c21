import { parseNetwork } from '../../../system/network'
import type { WebServer } from './password_lines'

/** The lines around and of the addresses, for each web server. Without one that refuses all others, all get in. */
const FORMS = {
  nginx: { begin: [], line: (address: string) => `allow ${address};`, end: ['deny all;'] },
  apache: {
    begin: ['<RequireAny>', 'Require all denied'],
    line: (address: string) => `Require ip ${address}`,
    end: ['</RequireAny>'],
  },
} as const satisfies Record<WebServer, unknown>

/**
 * Reads the addresses of a file that a web server includes; the reason in words where it has any line but those that
 * `formatAddresses` writes, empty lines and comments.
 */
export function readAddresses(
  text: string,
  form: WebServer,
): { addresses: readonly string[] } | { fault: string } {
  const { begin, line: format, end } = FORMS[form]
  const lines = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
  const isWhole =
    begin.every((line, index) => lines[index] === line) &&
    end.every((line, index) => lines[lines.length - end.length + index] === line) &&
    lines.length >= begin.length + end.length
  if (!isWhole)
    return {
      fault: `it has to be ${[...begin, ...end].join(' | ')}, one line each, with addresses before the last`,
    }
  const addresses: string[] = []
  for (const line of lines.slice(begin.length, lines.length - end.length)) {
    const [address = ''] = /[0-9a-fA-F.:/]+(?=;?$)/.exec(line) ?? []
    if (parseNetwork(address) === undefined || line !== format(address))
      return {
        fault: `the line ${JSON.stringify(line)} is none of an address, such as ${format('192.0.2.0/24')}`,
      }
    addresses.push(address)
  }
  return { addresses }
}

/** Formats addresses as a web server reads them. The comments of the text before stay, at the top. */
export function formatAddresses(addresses: readonly string[], before: string, form: WebServer): string {
  const { begin, line, end } = FORMS[form]
  const comments = before.split('\n').filter((each) => each.trim().startsWith('#'))
  return [...comments, ...begin, ...addresses.map(line), ...end].map((each) => `${each}\n`).join('')
}
