import { pickReason } from '../../system/reason'
import type { Answer } from './answers'
import { shortId } from '../../system/git_names'

/** The puppet code that is packed with an application, as a host tells it. */
export interface FoundCode {
  code: string
  /** The SHA-256 of its files. */
  digest: string
  modules: readonly FoundModule[]
  puppetfile: 'whole' | 'none' | 'unreadable'
  /** What is wrong with the Puppetfile. */
  problem: string
  declared: readonly DeclaredModule[]
}

/** A module in the folder of modules. What is not known is empty. */
export interface FoundModule {
  name: string
  full: string
  version: string
  commit: string
  tags: readonly string[]
  /** Another folder of modules that has one of this name. */
  also: string
}

export interface DeclaredModule {
  line: number
  name: string
  full: string
  kind: (typeof KINDS)[number]
  value: string
}

const KINDS = ['version', 'commit', 'tag', 'present', 'not judged'] as const

/** Returns the code that a host tells; a sentence where it tells none that can be relied on. */
export function readCode(answer: Answer): FoundCode | string {
  if (answer.kind === 'failed')
    return /^unknown action\b/i.test(answer.message)
      ? 'its puppet agent has no action code: it applies no code without a master'
      : pickReason(answer.message) || 'failed without saying why'
  if (answer.kind !== 'answered') return answer.kind
  const { code, digest, puppetfile, modules, declared } = answer.data
  const [found, wanted] = [list(modules, moduleIn), list(declared, declaredIn)]
  if (
    typeof code !== 'string' ||
    code === '' ||
    typeof digest !== 'string' ||
    !/^[0-9a-f]{64}$/.test(digest) ||
    (puppetfile !== 'whole' && puppetfile !== 'none' && puppetfile !== 'unreadable') ||
    found === undefined ||
    wanted === undefined
  )
    return 'does not tell its puppet code in a form that is known'
  return { code, digest, puppetfile, problem: text(answer.data['problem']), modules: found, declared: wanted }
}

/** Describes modules with their versions, or the commits of those that have none. */
export function describeModules(modules: readonly FoundModule[]): string {
  return modules.length === 0 ? 'no modules' : modules.map(describeModule).join(', ')
}

export function describeModule({ name, version, commit }: FoundModule): string {
  const at = commit === '' ? '' : ` at ${shortId(commit)}`
  return `${name} ${version === '' && commit === '' ? 'of no known version' : version}${at}`.replace(
    '  ',
    ' ',
  )
}

function moduleIn(each: Fields): FoundModule | undefined {
  const { name, full, version, commit, tags, also } = each
  if (typeof name !== 'string' || name === '' || !Array.isArray(tags)) return undefined
  return {
    name,
    full: text(full),
    version: text(version),
    commit: text(commit),
    tags: tags.map(text),
    also: text(also),
  }
}

function declaredIn(each: Fields): DeclaredModule | undefined {
  const { line, name, full, value } = each
  const kind = KINDS.find((known) => known === each['kind'])
  if (typeof line !== 'number' || typeof name !== 'string' || name === '' || kind === undefined)
    return undefined
  return { line, name, full: text(full), kind, value: text(value) }
}

type Fields = Readonly<Record<string, unknown>>

/** Returns a list with each of its entries read; undefined where one has another form. */
function list<T>(value: unknown, read: (each: Fields) => T | undefined): T[] | undefined {
  if (!Array.isArray(value)) return undefined
  const found = value.map((each: unknown) => read((each ?? {}) as Fields))
  return found.every((each) => each !== undefined) ? found : undefined
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
