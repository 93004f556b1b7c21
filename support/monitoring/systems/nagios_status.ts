/** A block of Nagios's `status.dat`, such as `hoststatus`, with its values. */
export interface StatusBlock {
  kind: string
  values: ReadonlyMap<string, string>
}

/**
 * Parses a `status.dat`. Returns undefined for a text that is none, or is cut off within a block.
 */
export function parseNagiosStatus(text: string): readonly StatusBlock[] | undefined {
  const blocks: StatusBlock[] = []
  let kind: string | undefined
  let values = new Map<string, string>()
  for (const line of text.split('\n')) {
    const written = line.trim()
    if (kind === undefined) {
      const [, opened] = /^(\w+) \{$/.exec(written) ?? []
      if (opened !== undefined) [kind, values] = [opened, new Map()]
      else if (written !== '' && !written.startsWith('#')) return undefined
    } else if (written === '}') {
      blocks.push({ kind, values })
      kind = undefined
    } else {
      const at = written.indexOf('=')
      if (at > 0) values.set(written.slice(0, at), written.slice(at + 1))
    }
  }
  return kind === undefined ? blocks : undefined
}
