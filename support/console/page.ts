import { html as page, Markup, NOTHING } from '../reporting/html/markup'
import type { Person } from '../people/person'
import type { ConsoleAsset } from './act'
import { CONSOLE_STYLE } from './console_style'

/** A page of the console, without what stands around each of them. */
export interface Page {
  title: string
  /** The path of the navigation's entry that the page belongs to, such as `/history`; undefined before a login. */
  path?: string
  /** Undefined before a login. */
  person?: Person
  body: Markup
}

/** The entries of the navigation. */
const PLACES = [
  ['/', 'Now'],
  ['/start', 'Start'],
  ['/rollouts', 'Rollouts'],
  ['/history', 'History'],
  ['/pipeline', 'Pipeline'],
  ['/fleet', 'Fleet'],
] as const

/** The styles, which pages before a login need too. */
export const STYLE: ConsoleAsset = {
  path: '/console.css',
  type: 'text/css; charset=utf-8',
  text: CONSOLE_STYLE,
}

/** Returns the page as an answer. The guard adds the headers that all answers have. */
export function answerPage(page: Page, status = 200): Response {
  return new Response(formatPage(page).text, {
    status,
    headers: { 'content-type': 'text/html; charset=utf-8' },
  })
}

function formatPage({ title, path, person, body }: Page): Markup {
  return page`<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} · Lockstep</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/console.css"></head>
<body>
<a class="skip" href="#main">Skip to the content</a>
<header class="top"><a class="brand" href="/">Lockstep</a>
${person === undefined ? NOTHING : navigation(path)}${person === undefined ? NOTHING : page`<a class="who" href="/account">${person.name}</a>`}</header>
<main id="main" tabindex="-1"><h1>${title}</h1>
${body}</main>
</body></html>
`
}

function navigation(path: string | undefined): Markup {
  const entries = PLACES.map(
    ([to, name]) =>
      page`<li><a href="${to}"${to === path ? new Markup(' aria-current="page"') : NOTHING}>${name}</a></li>`,
  )
  return page`<nav aria-label="Pages"><ul>${entries}</ul></nav>\n`
}
