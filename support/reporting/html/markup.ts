import { clean, hosts as counted } from '../../rollout/model/verdict'
import { foldHosts } from '../../rollout/model/fold_hosts'

/** A piece of HTML in which every text is escaped. */
export class Markup {
  constructor(readonly text: string) {}
}

type Value = string | number | Markup | readonly Markup[]

/**
 * A tag for templates of HTML. A value between braces is taken as text from any origin, unless it is markup already.
 */
export type Html = (parts: TemplateStringsArray, ...values: readonly Value[]) => Markup

const MAX_TEXT = 2_000
const MAX_LINES = 60

/** The tag of a page. */
export const html: Html = (parts, ...values) =>
  new Markup(
    parts.reduce((text, part, index) => {
      const value = values[index - 1]
      return text + (value === undefined ? '' : formatValue(value)) + part
    }),
  )

function formatValue(value: Value): string {
  if (value instanceof Markup) return value.text
  if (typeof value === 'object') return value.map(({ text }) => text).join('')
  return escapeText(clean(String(value), MAX_TEXT))
}

/** The empty markup, for where there is nothing to show. */
export const NOTHING = new Markup('')
const COMMA = new Markup(', ')

/**
 * Shows names in their shortest form; beyond `most` of them only the number. No name is cut, however many there are.
 */
export function namesOf(page: Html, hosts: readonly string[], most: number): Markup {
  const names = foldHosts(hosts)
  const first = names.slice(0, most).map((name, index) => page`${index === 0 ? NOTHING : COMMA}${name}`)
  return names.length > most ? page`${first}, … (${counted(hosts.length)})` : page`${first}`
}

/** Shows the first lines of a text. */
export function linesOf(page: Html, text: string): Markup {
  const lines = text.split(/\r?\n/)
  const more = lines.length - MAX_LINES
  const first = more > 0 ? [...lines.slice(0, MAX_LINES), `… and ${more} more lines`] : lines
  return page`<pre>${first.map((line) => page`${indentOf(line)}${line}\n`)}</pre>\n`
}

/** Returns the indentation of a line as markup: a text that is cleaned has lost it. */
function indentOf(line: string): Markup {
  return new Markup(/^ {0,40}/.exec(line)?.[0] ?? '')
}

const SIGNS: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

function escapeText(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => SIGNS[sign] ?? '')
}
