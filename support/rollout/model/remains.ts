import { clean } from './verdict'
import type { Reading } from './reading'

/** What a host says of a resource that puppet has managed before. */
export interface Remaining {
  is: 'there' | 'gone' | 'not known'
  seen: string
  names: readonly string[]
}

/** The resources that one release managed and another does not. */
export interface Removed {
  /** Those that a host can be asked about. */
  asked: readonly string[]
  /** Those that it cannot, each with the reason. */
  untold: ReadonlyMap<string, string>
}

/** The most characters and lines of one request. */
const MAX_CHARACTERS = 15_000
const MAX_LINES = 200
const MAX_SHOWN = 10

const ASKABLE = /^(?:(?:Package|Service|User|Group)\[[A-Za-z0-9_][A-Za-z0-9_.@+:$-]*\]|File\[\/\P{Cc}*\])$/u

/** Returns the resources that were managed before and are not now. Those that are excepted are left out. */
export function removedFrom(
  before: ReadonlySet<string>,
  now: ReadonlySet<string>,
  except: ReadonlySet<string>,
): Removed {
  const asked: string[] = []
  const untold = new Map<string, string>()
  for (const resource of before) {
    if (now.has(resource) || except.has(resource)) continue
    const folder = /^Folder\[(.*)\]$/.exec(resource)?.[1]
    if (folder !== undefined) {
      // A folder that is removed itself is asked about as such.
      const isKept = now.has(`File[${folder}]`) && !except.has(`File[${folder}]`)
      if (isKept) untold.set(resource, 'only puppet knew which files were brought with it')
    } else if (ASKABLE.test(resource) && resource.length < MAX_CHARACTERS) asked.push(resource)
    else
      untold.set(
        resource,
        / by \S+$/.test(resource)
          ? 'packages of that provider are not looked at'
          : 'its name cannot be asked about',
      )
  }
  return { asked: asked.sort(), untold }
}

/** Returns resources in requests, each no longer than an agent takes. */
export function inRequests(resources: readonly string[]): string[] {
  const requests: string[][] = []
  let length = 0
  for (const resource of resources) {
    const last = requests.at(-1)
    if (last === undefined || last.length >= MAX_LINES || length + resource.length + 1 > MAX_CHARACTERS) {
      requests.push([resource])
      length = resource.length
    } else {
      last.push(resource)
      length += resource.length + 1
    }
  }
  return requests.map((lines) => lines.join('\n'))
}

/** Returns what a host's answer says of resources; nothing of those that it leaves out. */
export function readLooked(data: Readonly<Record<string, unknown>>): Map<string, Remaining> {
  const { looked } = data
  const found = new Map<string, Remaining>()
  for (const each of Array.isArray(looked) ? looked : []) {
    const { resource, is, seen, names } = (each ?? {}) as Record<string, unknown>
    if (typeof resource !== 'string' || typeof seen !== 'string') continue
    if (is !== 'there' && is !== 'gone') found.set(resource, { is: 'not known', seen, names: [] })
    else {
      const own = Array.isArray(names) ? names.filter((name): name is string => typeof name === 'string') : []
      found.set(resource, { is, seen, names: own })
    }
  }
  return found
}

/** Judges a host by what it says of the resources that a release managed and its puppet does not manage now. */
export function judgeRemains(
  release: string,
  { asked, untold }: Removed,
  looked: ReadonlyMap<string, Remaining>,
  now: ReadonlySet<string>,
): Reading {
  const remains = [...untold].map(([resource, why]) => `${resource} cannot be looked at: ${why}`)
  let gone = 0
  for (const resource of asked) {
    const found = looked.get(resource)
    if (found === undefined) remains.push(`${resource} is not known: the host says nothing of it`)
    else if (found.is === 'gone' || isManagedAs(found.names, now)) gone += 1
    else if (found.is === 'there') remains.push(`${resource} ${found.seen}${partOf(resource, now)}`)
    else remains.push(`${resource} is not known: ${found.seen}`)
  }
  if (remains.length === 0)
    return {
      passed: true,
      seen:
        gone === 0
          ? `its puppet manages all that release ${release} managed`
          : `${gone} ${gone === 1 ? 'resource' : 'resources'} that release ${release} managed ${gone === 1 ? 'is' : 'are'} gone`,
    }
  const shown = remains.slice(0, MAX_SHOWN).map((each) => clean(each, 300))
  const more = remains.length > MAX_SHOWN ? [`and ${remains.length - MAX_SHOWN} more`] : []
  return { passed: false, seen: [...shown, ...more].join('; ') }
}

/** Returns whether a service is still managed, under another of its names. */
export function isManagedAs(names: readonly string[], now: ReadonlySet<string>): boolean {
  return names.some(
    (name) => now.has(`Service[${name}]`) || now.has(`Service[${name.replace(/\.service$/, '')}]`),
  )
}

/** Returns a remark on a file in a folder that puppet still manages as a whole. */
function partOf(resource: string, now: ReadonlySet<string>): string {
  const path = /^File\[(.*)\]$/.exec(resource)?.[1]
  if (path === undefined) return ''
  const folder = foldersAbove(path).find((each) => now.has(`Folder[${each}]`))
  return folder === undefined ? '' : `, perhaps as a part of ${folder}`
}

function foldersAbove(path: string): string[] {
  const parts = path.split('/').slice(1, -1)
  return parts.map((_, index) => `/${parts.slice(0, parts.length - index).join('/')}`)
}
