import type { Html, Markup } from './markup'

/** Shows a table with a heading. */
export function table(page: Html, title: string, rows: readonly (readonly (string | Markup)[])[]): Markup {
  const body = rows.map((row) => page`<tr>${row.map((text) => page`<td>${text}</td>`)}</tr>\n`)
  return page`<h2>${title}</h2>\n<div class="wide"><table>${body}</table></div>\n`
}
