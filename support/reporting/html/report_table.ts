import type { Html, Markup } from './markup'

/** Shows a table with a heading. */
export function table(page: Html, title: string, rows: readonly (readonly (string | Markup)[])[]): Markup {
  const body = rows.map((row) => page`<tr>${row.map((text) => page`<td>${text}</td>`)}</tr>\n`)
  return page`<h2>${title}</h2>\n${scrollable(page, title, page`<table>${body}</table>`)}\n`
}

/** Lets content that is wider than the page scroll by itself, by the keyboard too. */
export function scrollable(page: Html, title: string, content: Markup): Markup {
  return page`<div class="wide" role="region" aria-label="${title}" tabindex="0">${content}</div>`
}
