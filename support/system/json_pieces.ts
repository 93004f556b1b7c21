/**
 * Formats an object as JSON with two spaces, as `JSON.stringify` does, and a newline behind it. The members of its lists
 * come one by one, so that a long list is never one text.
 */
export function* jsonPieces(value: object): Iterable<string> {
  let before = '{\n  '
  for (const [key, member] of Object.entries(value) as [string, unknown][]) {
    if (member === undefined) continue
    yield `${before}${JSON.stringify(key)}: `
    before = ',\n  '
    if (Array.isArray(member) && member.length > 0) yield* listPieces(member)
    else yield indent(member, '  ')
  }
  yield before.startsWith('{') ? '{}\n' : '\n}\n'
}

function* listPieces(members: readonly unknown[]): Iterable<string> {
  let before = '[\n    '
  for (const member of members) {
    yield before + indent(member, '    ')
    before = ',\n    '
  }
  yield '\n  ]'
}

/** Formats a value whose lines stand so far to the right. A JSON text has no newline within its strings. */
function indent(value: unknown, by: string): string {
  return (JSON.stringify(value, null, 2) ?? 'null').replaceAll('\n', `\n${by}`)
}
