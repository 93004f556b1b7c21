/** What is left of the text of a report to be parsed, and what is known of the rest. */
export interface ReportText {
  yaml: string
  /** Resources that were as they should be. They are counted, and not parsed. */
  quiet: number
  /** The names of all resources, as YAML. */
  names: readonly string[]
  /** The sources of the messages that say what a run in noop would have refreshed, as YAML. */
  refreshes: readonly string[]
}

const RESOURCE_FIELDS = new Set([
  'failed',
  'failed_to_restart',
  'changed',
  'out_of_sync',
  'skipped',
  'events',
])
const EVENT_FIELDS = new Set(['property', 'previous_value', 'desired_value', 'name', 'status', 'redacted'])
const QUIET = [
  '    failed: false',
  '    failed_to_restart: false',
  '    changed: false',
  '    out_of_sync: false',
  '    skipped: false',
  '    events: []',
]
const WOULD_REFRESH = /^ {2}message: Would have triggered '\w+' from \d+ events?$/
const SOURCE = '  source: '

/**
 * Returns the text of a report without messages, metrics, and resources that were as they should be. They may hold
 * secrets, and a host stands still while they are parsed: seconds for some thousand resources. It goes by the
 * indentation that puppet writes; what is deeper belongs to the line before it.
 */
export function trimReport(text: string): ReportText {
  const sections = blocksOf(text.split('\n'), /^[a-z_]+:/)
  const named = (name: string) => sections.find(([head]) => head === `${name}:`) ?? []
  const blocks = blocksOf(named('resource_statuses').slice(1), /^ {2}[^ :#]/)
  const resources = blocks.map((block) => ({ head: headOf(block), fields: fieldsOf(block) }))
  const isQuiet = (fields: readonly string[]) => QUIET.every((line) => fields.includes(line))
  const loud = resources.filter(({ fields }) => !isQuiet(fields))
  const rest = sections.flatMap((section) => {
    const [head = ''] = section
    if (/^(?:logs|metrics):/.test(head)) return []
    if (head !== 'resource_statuses:') return section
    return loud.length === 0
      ? ['resource_statuses: {}']
      : [head, ...loud.flatMap((one) => [...one.head, ...one.fields])]
  })
  return {
    yaml: rest.join('\n'),
    quiet: resources.length - loud.length,
    names: resources.map(({ head }) => nameOf(head)),
    refreshes: blocksOf(named('logs').slice(1), /^- /).flatMap(refreshOf),
  }
}

/** Returns the lines in blocks, each from a line that begins one to the next. */
function blocksOf(lines: readonly string[], begins: RegExp): string[][] {
  const blocks: string[][] = []
  for (const line of lines) {
    const last = blocks.at(-1)
    if (last === undefined || begins.test(line)) blocks.push([line])
    else last.push(line)
  }
  return blocks
}

/** Returns the lines of a resource's name. A long name has several, and its fields begin behind a colon of their own. */
function headOf(block: readonly string[]): string[] {
  const end = block.findIndex((line) => line.startsWith('  : '))
  return end === -1 ? block.slice(0, 1) : [...block.slice(0, end), '  :']
}

function fieldsOf(block: readonly string[]): string[] {
  const end = block.findIndex((line) => line.startsWith('  : '))
  const lines = end === -1 ? block.slice(1) : block.slice(end).map((line) => line.replace(/^ {2}: /, '    '))
  const kept: string[] = []
  let [field, isKept, isEventKept] = ['', true, true]
  for (const line of lines) {
    const [, name] = /^ {4}([a-z_]+):/.exec(line) ?? []
    const [, dash, own] = /^ {4}([- ]) ([a-z_]+):/.exec(line) ?? []
    if (name !== undefined) [field, isKept, isEventKept] = [name, RESOURCE_FIELDS.has(name), true]
    else if (field === 'events' && own !== undefined) {
      isEventKept = EVENT_FIELDS.has(own)
      if (dash === '-' && !isEventKept) kept.push('    -')
    }
    if (isKept && isEventKept) kept.push(line)
  }
  return kept
}

function nameOf(head: readonly string[]): string {
  const [first = '', ...rest] = head
  if (!first.startsWith('  ? ')) return first.trim().replace(/:$/, '')
  return [first.slice(4), ...rest.slice(0, -1)].join('\n')
}

function refreshOf(message: readonly string[]): string[] {
  if (!message.some((line) => WOULD_REFRESH.test(line))) return []
  const from = message.findIndex((line) => line.startsWith(SOURCE))
  if (from === -1) return []
  const [first = '', ...rest] = message.slice(from)
  const end = rest.findIndex((line) => /^ {2}[a-z_]+:/.test(line))
  return [[first.slice(SOURCE.length), ...rest.slice(0, end === -1 ? undefined : end)].join('\n')]
}
