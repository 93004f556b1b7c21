import type { ApiAnswer } from '../console/api/api_route'
import { formatJson } from './json'
import { FORMS, type DocumentOf, type FormName } from './json_forms'

/** Returns a form as a path of the API has it. */
export function formOf(form: FormName) {
  return { form, schema: FORMS[form] }
}

/** Returns a document of a form. */
export function document<Name extends FormName>(
  form: Name,
  content: DocumentOf<Name>,
  next?: ApiAnswer['next'],
): ApiAnswer {
  return { pieces: [formatJson(form, content)], next }
}
