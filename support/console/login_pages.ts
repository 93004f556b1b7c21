import { html, NOTHING, type Markup } from '../reporting/html/markup'
import { ACTS, type Person } from '../people/person'
import { answerPage } from './page'

/** Answers with the form of a login. */
export function loginPage({
  token,
  goesTo,
  trouble,
  status = 200,
}: {
  token: string
  goesTo: string
  trouble?: string
  status?: number
}): Response {
  const body = html`${trouble === undefined ? NOTHING : html`<p role="alert">${trouble}</p>`}
    <form method="post" action="/login">
      <input type="hidden" name="form" value="${token}" />
      <input type="hidden" name="then" value="${goesTo}" />
      <p>
        <label
          >Name <input name="name" autocomplete="username" autocapitalize="none" required autofocus
        /></label>
      </p>
      <p>
        <label
          >Password <input type="password" name="password" autocomplete="current-password" required
        /></label>
      </p>
      <p><button>Log in</button></p>
    </form>`
  return answerPage({ title: 'Log in', body }, status)
}

/** Answers with the way to a login at an OpenID provider: a link, since a form may lead to this origin alone. */
export function openidPage({
  host,
  goesTo,
  trouble,
  status = 200,
}: {
  host: string
  goesTo: string
  trouble?: string
  status?: number
}): Response {
  const to = goesTo === '/' ? OPENID_LOGIN : `${OPENID_LOGIN}?then=${encodeURIComponent(goesTo)}`
  const body = html`${trouble === undefined ? NOTHING : html`<p role="alert">${trouble}</p>`}
    <p><a href="${to}">Log in at ${host}</a></p>`
  return answerPage({ title: 'Log in', body }, status)
}

/** The path that leads to the provider, for the console's own link. */
export const OPENID_LOGIN = '/login/openid'

/** Answers with who somebody is, what they may do, and the button that logs them out. */
export function accountPage(
  person: Person,
  environments: readonly string[],
  may: (act: (typeof ACTS)[number], environment: string) => boolean,
  token: string,
): Response {
  // A name of an environment is for those who may do something there.
  const rows = environments.flatMap((environment) => {
    const acts = ACTS.filter((act) => may(act, environment))
    return acts.length === 0
      ? []
      : [
          html`<tr>
            <th scope="row">${environment}</th>
            <td>${acts.join(', ')}</td>
          </tr>`,
        ]
  })
  const groups: Markup = person.groups.length === 0 ? html`no group` : html`${person.groups.join(', ')}`
  const rights =
    rows.length === 0
      ? html`<p>You are ${person.name}, of ${groups}. The policy allows you nothing.</p>`
      : html`<p>You are ${person.name}, of ${groups}. The policy allows you, and nothing else:</p>
          <table>
            <tr>
              <th scope="col">Environment</th>
              <th scope="col">You may</th>
            </tr>
            ${rows}
          </table>`
  const body = html`${rights}
    <form method="post" action="/logout">
      <input type="hidden" name="form" value="${token}" />
      <p><button>Log out</button></p>
    </form>`
  return answerPage({ title: 'Your account', path: '/account', person, body })
}

/** Answers with a refusal in a sentence. */
export function refusalPage(status: number, why: string, person?: Person): Response {
  return answerPage(
    {
      title: status === 404 ? 'There is nothing here' : 'Refused',
      ...(person === undefined ? {} : { person }),
      body: html`<p role="alert">${why.charAt(0).toUpperCase()}${why.slice(1)}.</p>`,
    },
    status,
  )
}
