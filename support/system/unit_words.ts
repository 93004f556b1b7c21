/** Returns a word of a command line or a path as a unit of systemd has it. Source: systemd.service(5), systemd.syntax(7). */
export function escapeUnitWord(word: string): string {
  const text = word.replaceAll('%', '%%').replaceAll('$', '$$$$')
  return /^[\w@%+=:,./$-]+$/.test(text) ? text : `"${text.replace(/["\\]/g, '\\$&')}"`
}
