/** The most characters of a step, without the table or the document below it. */
export const MAX_STEP_CHARACTERS = 2_000
/** The most characters that are kept of a step that is no known sentence. */
export const MAX_UNKNOWN_CHARACTERS = 300
const MAX_SHOWN = 80

/** Returns why a step cannot be read; undefined for one that can. */
export function faultOfLength(text: string): string | undefined {
  if (text.length <= MAX_STEP_CHARACTERS) return undefined
  return `the step ${JSON.stringify(shorten(text, MAX_SHOWN))} has ${text.length} characters; at most ${MAX_STEP_CHARACTERS} are read: put the rest into a table or a document below it`
}

/** Returns a text, or the beginning of one that has more characters than `most`. */
export function shorten(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most).toWellFormed()}…`
}
