import { html } from '../reporting/html/markup'
import { answerPage } from './page'
import type { ConsoleAsset } from './act'
import type { ConsoleRoute } from './route'

/** The first page, until there are others. */
export const START_PAGE: ConsoleRoute = {
  path: '/',
  answer: ({ person }) =>
    answerPage({
      title: 'Lockstep',
      path: '/',
      person,
      body: html`<p>You are logged in as ${person.name}.</p>
        <p><a href="/account">Your account</a>: what you may do, and the way out.</p>`,
    }),
}

/** The look of the pages, which the login has too. */
export const STYLE: ConsoleAsset = {
  path: '/console.css',
  type: 'text/css; charset=utf-8',
  text: `body { font: 1rem/1.5 system-ui, sans-serif; max-width: 60rem; margin: 0 auto; padding: 1rem; }
input, button { font: inherit; padding: 0.4rem 0.6rem; }
label { display: grid; max-width: 24rem; }
th, td { text-align: left; padding: 0.2rem 1rem 0.2rem 0; }
[role='alert'] { border-left: 0.3rem solid #b3261e; padding-left: 0.7rem; }
`,
}
