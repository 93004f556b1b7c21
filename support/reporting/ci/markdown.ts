/**
 * Escapes a text so that GitHub's Markdown shows it to the letter: no markup, link, mention or formula, and one line.
 */
export function markdownText(text: string): string {
  return text
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ')
    .trim()
    .replace(/[!-+\--/:-@[-`{-~]/g, '\\$&')
}

/** Formats a table; `rows` are texts, of which the first is the head. Every cell is shown to the letter. */
export function markdownTable([head = [], ...rows]: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(markdownText).join(' | ')} |`
  return [line(head), `|${head.map(() => ' --- |').join('')}`, ...rows.map(line)].join('\n')
}
