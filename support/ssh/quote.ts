/**
 * Returns a text as one word of a POSIX shell, on one line. A newline is the value of `lk_nl`, a variable of the shell that reads
 * the word.
 * @throws Error for a text that no program can be given
 */
export function quoteWord(text: string): string {
  if (text.includes('\0')) throw new Error('a text with a NUL byte cannot be given to a program')
  if (!text.isWellFormed()) throw new Error('a text with half a character in it cannot be given to a program')
  if (/^[A-Za-z0-9_./:@%+,=-]+$/.test(text)) return text
  return `'${text.replaceAll("'", String.raw`'\''`).replaceAll('\n', `'"$lk_nl"'`)}'`
}
