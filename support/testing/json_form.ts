import { expect } from 'chai'
import * as v from 'valibot'
import { FORMS, type FormName } from '../bin/json_forms'

/** Expects a text to be a document of a form, and nothing else. */
export function expectForm(text: string, form: string): void {
  const read = v.safeParse(FORMS[form as FormName], JSON.parse(text))
  const faults = (read.issues ?? []).map((issue) => `${v.getDotPath(issue)}: ${issue.message}`)
  expect(faults, text.slice(0, 400)).to.deep.equal([])
}
