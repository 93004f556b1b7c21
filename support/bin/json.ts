import type { DocumentOf, FormName } from './json_forms'

/** Formats a document for programs, with the name of its form in front. */
export function formatJson<Name extends FormName>(schema: Name, document: DocumentOf<Name>): string {
  return `${JSON.stringify({ schema, ...document }, null, 2)}\n`
}
