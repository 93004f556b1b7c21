import { html, type Markup } from '../reporting/html/markup'
import type { Person } from '../people/person'

/** A page of the console, without what stands around each of them. */
export interface Page {
  title: string
  /** The path of the navigation's entry that the page belongs to, such as `/history`; undefined before a login. */
  path?: string
  /** Undefined before a login. */
  person?: Person
  body: Markup
}

/** Returns the page as an answer. The guard adds the headers that all answers have. */
export function answerPage(page: Page, status = 200): Response {
  return new Response(formatPage(page).text, {
    status,
    headers: { 'content-type': 'text/html; charset=utf-8' },
  })
}

function formatPage({ title, person, body }: Page): Markup {
  return html`<!doctype html>
    <html lang="en">
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width" />
      <title>${title} · Lockstep</title>
      <link rel="stylesheet" href="/console.css" />
      <body>
        <nav>${person?.name ?? ''}</nav>
        <main>
          <h1>${title}</h1>
          ${body}
        </main>
      </body>
    </html> `
}
