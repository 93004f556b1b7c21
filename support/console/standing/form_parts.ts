import { html as page, Markup } from '../../reporting/html/markup'
import type { FormRequest } from '../act'

/** Seconds after which a page is loaded again, while what it shows has not come to its end. */
const AGAIN_AFTER_S = 3

/** Shows a form to the path of an act, whole without a script. */
export function formTo(path: string, { newForm }: Pick<FormRequest, 'newForm'>, buttons: Markup): Markup {
  return page`<form method="post" action="${path}"><input type="hidden" name="form" value="${newForm(path)}">${buttons}</form>\n`
}

/** Says why there is no form. */
export function noForm(why: string): Markup {
  return page`<p class="warn">${`${why.charAt(0).toUpperCase()}${why.slice(1)}.`}</p>\n`
}

/** Has the browser load a page again by itself. */
export function loadAgain(): Markup {
  return new Markup(`<meta http-equiv="refresh" content="${AGAIN_AFTER_S}">\n`)
}
