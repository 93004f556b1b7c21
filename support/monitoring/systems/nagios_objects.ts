import type { MonitoredHost } from './target'

/** The names of what the operator's own configuration defines, and the files of hosts use. */
export interface NagiosNames {
  hostTemplate: string
  serviceTemplate: string
  /** The command that runs a check over NRPE; the name of the check is its argument. */
  checkCommand: string
}

const HEAD = '# Written by Lockstep from the inventory. What is changed here by hand is lost.'

/** Formats the file of a host: the host, and a service for each of its checks. */
export function formatNagiosHost(host: MonitoredHost, names: NagiosNames): string {
  const { name, address, classes, checks } = host
  const own = object('host', [
    ['use', names.hostTemplate],
    ['host_name', name],
    ['address', address],
    ['_MANAGED_BY', 'lockstep'],
    ...(classes.length === 0 ? [] : [['_CLASSES', classes.join(',')] as const]),
  ])
  const services = checks.map((check) =>
    object('service', [
      ['use', names.serviceTemplate],
      ['host_name', name],
      ['service_description', check],
      ['check_command', `${names.checkCommand}!${check}`],
      ['_MANAGED_BY', 'lockstep'],
    ]),
  )
  return [HEAD, own, ...services].join('\n')
}

function object(kind: string, lines: readonly (readonly [string, string])[]): string {
  return `define ${kind} {\n${lines.map(([key, value]) => `  ${key} ${value}\n`).join('')}}\n`
}

/** Parses the file of a host; undefined for a text that is no such file, such as one that was edited by hand. */
export function parseNagiosHost(text: string): MonitoredHost | undefined {
  const objects = parseObjects(text)
  const [host, ...services] = objects ?? []
  if (host?.kind !== 'host' || host.values.get('_MANAGED_BY') !== 'lockstep') return undefined
  const [name, address] = [host.values.get('host_name'), host.values.get('address')]
  if (name === undefined || address === undefined) return undefined
  if (services.some(({ kind, values }) => kind !== 'service' || values.get('host_name') !== name))
    return undefined
  const checks = services.flatMap(({ values }) => values.get('service_description') ?? [])
  return { name, address, classes: host.values.get('_CLASSES')?.split(',') ?? [], checks }
}

interface NagiosObject {
  kind: string
  values: ReadonlyMap<string, string>
}

/** Parses objects as Nagios writes and reads them: a comment begins with # or ; and a value ends with its line. */
export function parseObjects(text: string): readonly NagiosObject[] | undefined {
  const objects: { kind: string; values: Map<string, string> }[] = []
  let open: { kind: string; values: Map<string, string> } | undefined
  for (const raw of text.split('\n')) {
    const line = raw.trim()
    if (line === '' || line.startsWith('#') || line.startsWith(';')) continue
    const begun = /^define\s+(\w+)\s*\{$/.exec(line)
    if (begun !== null) {
      if (open !== undefined) return undefined
      open = { kind: begun[1] ?? '', values: new Map() }
    } else if (line === '}') {
      if (open === undefined) return undefined
      objects.push(open)
      open = undefined
    } else {
      const [, key, value] = /^(\w+)\s+(.*)$/.exec(line) ?? []
      if (open === undefined || key === undefined || value === undefined) return undefined
      open.values.set(key, value)
    }
  }
  return open === undefined ? objects : undefined
}
