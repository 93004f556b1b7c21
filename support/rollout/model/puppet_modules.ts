import {
  describeModule,
  describeModules,
  type DeclaredModule,
  type FoundCode,
  type FoundModule,
} from './puppet_code'
import type { Reading } from './reading'

const MAX_NAMED = 10

/** Returns whether the modules of a host's code are those of its Puppetfile: each of them, and no other. */
export function judgeModules(code: FoundCode): Reading {
  if (code.puppetfile === 'none') return { passed: false, seen: `the code of ${code.code} has no Puppetfile` }
  if (code.puppetfile === 'unreadable')
    return { passed: false, seen: `its Puppetfile is not judged: ${code.problem || 'why is not told'}` }
  const found = new Map(code.modules.map((module) => [module.name, module]))
  const wanted = new Set(code.declared.map(({ name }) => name))
  const faults = [
    ...code.declared.flatMap((declared) => faultOf(declared, found.get(declared.name)) ?? []),
    ...code.modules.flatMap((module) =>
      wanted.has(module.name) ? [] : [`${describeModule(module)} is not in its Puppetfile`],
    ),
  ]
  if (faults.length === 0) return { passed: true, seen: describeModules(code.modules) }
  const rest = faults.length - MAX_NAMED
  const named = faults.slice(0, MAX_NAMED)
  return { passed: false, seen: [...named, ...(rest > 0 ? [`${rest} more`] : [])].join('; ') }
}

/** Returns how a module differs from what is declared of it. A form by which it cannot be judged differs always. */
function faultOf(
  { name, full, kind, value, line }: DeclaredModule,
  found: FoundModule | undefined,
): string | undefined {
  const wants = kind === 'commit' ? `commit ${value}` : kind === 'tag' ? `tag ${value}` : value
  if (found === undefined)
    return `${name} is missing${kind === 'not judged' ? '' : ` (${wants || 'any version'})`}`
  if (found.also !== '')
    return `${name} is in ${found.also} as well: which of the two puppet takes is not told by a Puppetfile`
  if (kind === 'not judged')
    return `${name} cannot be judged: line ${line} of its Puppetfile says ${value}, and only a version, a commit or a tag says which one it is to be`
  const is = describeModule(found)
  if (full !== '' && found.full !== '' && found.full !== full)
    return `${is} is ${found.full}, and not ${full}`
  if (kind === 'present') return undefined
  if (kind === 'version') {
    if (full !== '' && found.full === '')
      return `${is} does not say in its metadata.json whose it is; wanted ${full} ${value}`
    return found.version === value ? undefined : `${is}, and not ${value}`
  }
  if (found.commit === '')
    return `${name} does not tell its commit, by a .git or a .r10k-deploy.json; wanted ${wants}`
  if (kind === 'commit') return found.commit.startsWith(value) ? undefined : `${is}, and not at ${value}`
  return found.tags.includes(value)
    ? undefined
    : `${is}: its own repository does not say that this is the tag ${value}`
}
