import { join, posix } from 'node:path'
import type { CommandRunner } from '../../system/command'
import { lookThrough } from '../../system/followed'
import type { HostFiles } from '../../system/host_files'
import type { ManagedCatalog } from '../managed_resources'
import { digestOfManaged } from '../../system/managed_digest'
import { complaint, LOOK_WITHIN, toItsEnd } from './programs'

/** A longer file is not read: its daemon would stand still meanwhile. */
const MAX_BYTES = 64_000_000
const MAX_RESOURCES = 20_000
const MAX_CHARACTERS = 2_000_000

/**
 * Returns a reader of what the catalog that puppet has kept manages. Puppet keeps that of its last run that was not in
 * noop, before it applies it: its id is in the report of the run that it was for.
 */
export function puppetCatalog(
  run: CommandRunner,
  files: HostFiles,
  puppet: string,
): () => Promise<KeptManaged> {
  const program = toItsEnd(run)
  let places: Promise<Places> | undefined
  const ask = async (): Promise<Places> => {
    const args = ['config', 'print', '--section', 'agent', 'client_datadir', 'lastrunreport']
    const ended = await program(puppet, args, { within: LOOK_WITHIN })
    if (ended.exitCode !== 0) throw complaint(puppet, ended, /Error/)
    return { data: placeIn(ended.stdout, 'client_datadir'), report: placeIn(ended.stdout, 'lastrunreport') }
  }
  return async () => {
    places ??= ask()
    places.catch(() => (places = undefined))
    const { data, report } = await places
    return readManaged(files, data, report)
  }
}

interface Places {
  data: string
  report: string
}

function placeIn(printed: string, setting: string): string {
  const [, path] = new RegExp(`^${setting} = (/.*)$`, 'm').exec(printed) ?? []
  if (path === undefined) throw new Error(`puppet does not say where its ${setting} is`)
  return path
}

/** What a catalog manages, with the moment at which it was kept, in milliseconds since 1970. */
export type KeptManaged =
  | Exclude<ManagedCatalog, { found: 'whole' }>
  | (Extract<ManagedCatalog, { found: 'whole' }> & { keptAt: number })

/** Reads what a kept catalog manages. `data` is the folder in which puppet keeps catalogs. */
export async function readManaged(files: HostFiles, data: string, reportPath: string): Promise<KeptManaged> {
  const textAt = async (path: string) => (await files.read(path, MAX_BYTES))?.toString('utf8')
  try {
    const report = await textAt(reportPath)
    if (report === undefined) return { found: 'none' }
    const path = catalogOf(data, report)
    if (path === undefined) return unreadable('report of the last run names no host')
    const [text, sight] = await Promise.all([textAt(path), lookThrough(files, path)])
    return text === undefined || sight === undefined
      ? { found: 'none' }
      : parseManaged(report, text, sight.changedAtMs)
  } catch (error) {
    return unreadable(`kept catalog cannot be read: ${(error as Error).message}`)
  }
}

/** Returns the path of the catalog that a report is about; undefined for a report that names no host. */
function catalogOf(data: string, report: string): string | undefined {
  const host = fieldIn(report, 'host')
  // The name of a file is made from it.
  return /^[\w-]+(?:\.[\w-]+)*$/.test(host) ? join(data, 'catalog', `${host}.json`) : undefined
}

function parseManaged(report: string, text: string, keptAt: number): KeptManaged {
  const field = (name: string) => fieldIn(report, name)
  const catalog = parseCatalog(text)
  if (catalog === undefined) return unreadable('kept catalog is half-written')
  const resources = managedIn(catalog.resources)
  if (isTooMany(resources)) return tooMany()
  const began = Date.parse(field('time'))
  if (Number.isNaN(began)) return unreadable('report of the last run is half-written')
  return {
    found: 'whole',
    ofLastRun: catalog.id !== '' && catalog.id === field('catalog_uuid'),
    run: field('job_id'),
    began: new Date(began).toISOString(),
    noop: field('noop') === 'true',
    configVersion: catalog.version,
    digest: digestOfManaged(resources),
    resources,
    keptAt,
  }
}

/** Returns what several catalogs manage together, as of the run that has kept the last of them. */
export function joinManaged(all: readonly KeptManaged[]): KeptManaged {
  const whole = all.flatMap((each) => (each.found === 'whole' ? [each] : []))
  const [last] = whole.toSorted((a, b) => b.keptAt - a.keptAt)
  const other = all.find(({ found }) => found !== 'whole')
  if (other !== undefined || last === undefined) return other ?? { found: 'none' }
  const resources = [...new Set(whole.flatMap((each) => each.resources))].sort()
  return isTooMany(resources) ? tooMany() : { ...last, resources, digest: digestOfManaged(resources) }
}

function isTooMany(resources: readonly string[]): boolean {
  return resources.length > MAX_RESOURCES || resources.join('\n').length > MAX_CHARACTERS
}

function tooMany(): KeptManaged {
  return unreadable(`kept catalog has more than ${MAX_RESOURCES} resources, or names that are too long`)
}

function unreadable(problem: string): { found: 'unreadable'; problem: string } {
  return { found: 'unreadable', problem }
}

/** Returns a field of a report that is not inside another. */
function fieldIn(report: string, name: string): string {
  const [, value = ''] = new RegExp(`^${name}: (.*)$`, 'm').exec(report) ?? []
  return value.trim().replace(/^(['"])(.*)\1$/, '$2')
}

interface Catalog {
  id: string
  version: string
  resources: readonly unknown[]
}

function parseCatalog(text: string): Catalog | undefined {
  let found: unknown
  try {
    found = JSON.parse(text)
  } catch {
    return undefined
  }
  const { catalog_uuid: id, version, resources } = mapping(found)
  if (!Array.isArray(resources)) return undefined
  return {
    id: typeof id === 'string' ? id : '',
    version: typeof version === 'string' || typeof version === 'number' ? String(version) : '',
    resources,
  }
}

/** Returns the resources that a catalog brings, each by its own name and not by its title. */
function managedIn(resources: readonly unknown[]): string[] {
  const names = resources.flatMap((each) => {
    const { type, title, exported, parameters } = mapping(each)
    if (typeof type !== 'string' || typeof title !== 'string' || exported === true) return []
    return namesOf(type, title, mapping(parameters))
  })
  return [...new Set(names)].sort()
}

function namesOf(type: string, title: string, given: Readonly<Record<string, unknown>>): string[] {
  if (isAbsent(given['ensure'])) return []
  const name = word(given['name']) ?? title
  switch (type) {
    case 'Package': {
      const provider = word(given['provider'])
      return [
        provider === undefined || OWN_PROVIDERS.has(provider)
          ? `Package[${name}]`
          : `Package[${name}] by ${provider}`,
      ]
    }
    case 'File': {
      // Puppet takes `/etc//motd` and `/etc/x/../motd` for the file itself.
      const named = word(given['path']) ?? word(given['name']) ?? title
      const path = posix.normalize(named).replace(/(?!^)\/+$/, '')
      const { recurse } = given
      // Only puppet itself knows which files such a folder brings.
      const isWhole = recurse !== undefined && recurse !== false && recurse !== 'false'
      return isWhole ? [`File[${path}]`, `Folder[${path}]`] : [`File[${path}]`]
    }
    case 'Service':
    case 'User':
    case 'Group':
      return [`${type}[${name}]`]
    default:
      return []
  }
}

/** The providers that bring packages of the system. */
const OWN_PROVIDERS = new Set(['apt', 'aptitude', 'dpkg', 'dnf', 'yum', 'rpm', 'zypper'])

function isAbsent(ensure: unknown): boolean {
  return ensure === 'absent' || ensure === 'purged' || ensure === false
}

function mapping(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {}
}

function word(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}
