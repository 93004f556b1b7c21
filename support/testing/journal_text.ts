import { chainLines, NO_LINE } from '../system/journal_lines'

/** Returns the text of a journal that has these lines of JSON. */
export function journalText(...jsons: readonly string[]): string {
  return chainLines(jsons, NO_LINE).text
}
