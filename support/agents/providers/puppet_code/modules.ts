import { existsSync, readdirSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { readForeignFile } from '../../../system/regular_file'
import { OBJECT_ID } from '../../../system/git_names'
import type { CodeModule, DeclaredModule } from '../../puppet_code'
import { parsePuppetfile } from './puppetfile'

const MAX_FILE = 2_000_000
/** Modules that one answer tells; a folder with more is refused. */
const MAX_MODULES = 500

export interface ModulesOfCode {
  modules: CodeModule[]
  puppetfile: 'whole' | 'none' | 'unreadable'
  problem: string
  declared: DeclaredModule[]
}

/** Reads the modules of a folder of code, and what its Puppetfile says of them. */
export function readModules(folder: string): ModulesOfCode {
  const file = readPuppetfile(folder)
  const moduledir = file.moduledir
  const others = modulePath(folder).filter((each) => each !== moduledir)
  const deployed = readDeployed(folder)
  const names = foldersIn(join(folder, moduledir))
  if (names.length > MAX_MODULES)
    throw new Error(`${join(folder, moduledir)} has more than ${MAX_MODULES} modules`)
  const modules = names.map((name): CodeModule => {
    const at = join(folder, moduledir, name)
    const { full, version } = readMetadata(at)
    const own = readRepository(at)
    const by = deployed.get(name)
    const commit = own.commit || (by?.commit ?? '')
    // The clones of r10k lack tags that are newer than they are: which one was deployed is in its own record.
    const isDeployed = by !== undefined && by.commit === commit && by.version !== ''
    const tags = isDeployed && !own.tags.includes(by.version) ? [...own.tags, by.version] : own.tags
    const also = others.find((other) => existsSync(join(folder, other, name))) ?? ''
    return { name, full, version, commit, tags, also }
  })
  const { puppetfile, problem, declared } = file
  return { modules, puppetfile, problem, declared }
}

function readPuppetfile(folder: string): Omit<ModulesOfCode, 'modules'> & { moduledir: string } {
  const none = { moduledir: 'modules', declared: [], problem: '' }
  const path = join(folder, 'Puppetfile')
  if (!existsSync(path)) return { ...none, puppetfile: 'none' }
  try {
    return {
      puppetfile: 'whole',
      problem: '',
      ...parsePuppetfile(readForeignFile(path, MAX_FILE).toString('utf8')),
    }
  } catch (error) {
    return { ...none, puppetfile: 'unreadable', problem: (error as Error).message }
  }
}

/** Returns the folders of modules within the code, as environment.conf has them. */
export function modulePath(folder: string): string[] {
  const found = readText(join(folder, 'environment.conf'))
  const [, written] = /^\s*modulepath\s*=\s*(.*?)\s*$/m.exec(found) ?? []
  return (written ?? 'modules')
    .split(':')
    .map((each) => each.trim().replace(/^\.\//, '').replace(/\/+$/, ''))
    .filter((each) => each !== '' && !each.startsWith('/') && !each.includes('$'))
}

function readMetadata(module: string): { full: string; version: string } {
  const { name, version } = parse(readText(join(module, 'metadata.json')))
  return { full: text(name).replace('/', '-'), version: text(version) }
}

/** Reads the commit of a module that is a clone of its own, and the tags that are known to be at it. */
function readRepository(module: string): { commit: string; tags: string[] } {
  const git = join(module, '.git')
  if (!isFolder(git)) return { commit: '', tags: [] }
  const head = readText(join(git, 'HEAD')).trim()
  const packed = packedRefs(readText(join(git, 'packed-refs')))
  const [, ref] = /^ref: (refs\/[\w./-]+)$/.exec(head) ?? []
  const isOdd = ref?.split('/').includes('..') === true
  const commit =
    ref === undefined ? head : isOdd ? '' : readText(join(git, ref)).trim() || (packed.get(ref) ?? '')
  if (!OBJECT_ID.test(commit)) return { commit: '', tags: [] }
  const loose = filesIn(join(git, 'refs', 'tags')).map(
    (name) => [`refs/tags/${name}`, readText(join(git, 'refs', 'tags', name)).trim()] as const,
  )
  // A tag with an object of its own has another id than its commit, unless git has written that down as well.
  const tags = [...new Map([...packed, ...loose])].filter(
    ([name, id]) => name.startsWith('refs/tags/') && id === commit,
  )
  return { commit, tags: tags.map(([name]) => name.slice('refs/tags/'.length)).slice(0, 20) }
}

/** Returns the ids of packed references; of a tag with an object of its own, that of its commit. */
function packedRefs(written: string): Map<string, string> {
  const refs = new Map<string, string>()
  let last = ''
  for (const line of written.split('\n')) {
    const [, id, name] = /^([0-9a-f]{40,64}) (\S+)$/.exec(line) ?? []
    const [, peeled] = /^\^([0-9a-f]{40,64})$/.exec(line) ?? []
    if (id !== undefined && name !== undefined) refs.set((last = name), id)
    else if (peeled !== undefined && last !== '') refs.set(last, peeled)
  }
  return refs
}

/** Reads what r10k has written down of modules that it has from git: the commit, and the reference it was asked for. */
function readDeployed(folder: string): Map<string, { commit: string; version: string }> {
  const { module_deploys: deploys } = parse(readText(join(folder, '.r10k-deploy.json')))
  const found = (Array.isArray(deploys) ? deploys : []).flatMap((each: unknown) => {
    const { name, sha, version } = mapping(each)
    const commit = text(sha)
    return OBJECT_ID.test(commit) ? [[basename(text(name)), { commit, version: text(version) }] as const] : []
  })
  return new Map(found)
}

function parse(written: string): Readonly<Record<string, unknown>> {
  try {
    return mapping(JSON.parse(written))
  } catch {
    return {}
  }
}

function mapping(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}

function text(value: unknown): string {
  return typeof value === 'string' && /^[\w./+-]{1,100}$/.test(value) ? value : ''
}

/** Returns the text of a file; none where it is not there, or cannot be read. */
function readText(path: string): string {
  try {
    return readForeignFile(path, MAX_FILE).toString('utf8')
  } catch {
    return ''
  }
}

function foldersIn(path: string): string[] {
  return namesOf(path).filter((name) => isFolder(join(path, name)) && !name.startsWith('.'))
}

function filesIn(path: string): string[] {
  return namesOf(path).filter((name) => !isFolder(join(path, name)))
}

function namesOf(path: string): string[] {
  try {
    return readdirSync(path).sort()
  } catch {
    return []
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true
}
