import { changesIn, changeTableFault } from '../rollout/model/puppet_table'
import type { PlannedScenario } from '../run/run_parts'
import { kindOf } from '../sentences/catalogue'
import type { PuppetCode } from '../simulation/pretend_puppet'

/** The packages, repositories, services, checks and backends that hosts must have for a feature to be rehearsed. */
export interface Needs {
  /** The versions by package, in the order in which the feature names them. */
  packages: ReadonlyMap<string, readonly string[]>
  /** The tags by repository, in the order in which the feature names them. */
  repositories: ReadonlyMap<string, readonly string[]>
  /** The users by site. */
  sites: ReadonlyMap<string, readonly string[]>
  /** The code of the puppet master: the release and the changes that lines expect of it. */
  puppet: PuppetCode
  /** The repository that puppet masters compile; undefined where no line looks at what they serve. */
  compiles: string | undefined
  services: readonly string[]
  checks: readonly string[]
  backends: readonly string[]
}

export function needsOf(plan: readonly PlannedScenario[]): Needs {
  const packages = new Map<string, string[]>()
  const repositories = new Map<string, string[]>()
  const sites = new Map<string, string[]>()
  let tags: string[] = []
  const [services, checks, backends] = [new Set<string>(), new Set<string>(), new Set<string>()]
  for (const { values } of plan.flatMap(({ steps }) => steps)) {
    const of = (type: string) => values.find((each) => each.type === type)?.value
    const [name, version] = [of('package'), of('version')]
    if (name !== undefined) {
      const versions = packages.get(name) ?? []
      packages.set(name, versions)
      if (version !== undefined && !versions.includes(version)) versions.push(version)
    }
    const [repository, tag] = [of('repository'), of('tag')]
    if (repository !== undefined) {
      tags = repositories.get(repository) ?? []
      repositories.set(repository, tags)
    }
    const [site, user] = [of('site'), of('user')]
    if (site !== undefined) {
      const users = sites.get(site) ?? []
      sites.set(site, users)
      if (user !== undefined && !users.includes(user)) users.push(user)
    }
    if (tag !== undefined && !tags.includes(tag)) tags.push(tag)
    for (const [set, value] of [
      [services, of('service')],
      [checks, of('check')],
      [backends, of('backend')],
    ] as const)
      if (value !== undefined) set.add(value)
  }
  return {
    packages,
    repositories,
    sites,
    puppet: puppetIn(plan),
    compiles: compiledIn(plan),
    services: [...services],
    checks: [...checks],
    backends: [...backends],
  }
}

function puppetIn(plan: readonly PlannedScenario[]): PuppetCode {
  const lines = plan.flatMap(({ steps }) => steps)
  const of = (kind: string) => lines.filter(({ expression }) => kindOf(expression) === kind)
  const [release = 'simulated'] = of('sees puppet release').flatMap(({ values }) =>
    values.map(({ value }) => unquote(value)),
  )
  const tables = of('sees puppet changes').map(({ table = [] }) => table)
  const changes = tables.flatMap((rows) => (changeTableFault(rows) === undefined ? changesIn(rows) : []))
  return {
    release,
    changes: Object.fromEntries(changes.map(({ resource, change }) => [resource, change])),
  }
}

/** Returns the text of a string of a sentence, which is written with its quotes. */
function unquote(written: string): string {
  return /^(["'])(.*)\1$/.exec(written)?.[2] ?? written
}

/** Returns the repository that the feature has named last before a line looks at what masters serve. */
function compiledIn(plan: readonly PlannedScenario[]): string | undefined {
  let last: string | undefined
  for (const { expression, values } of plan.flatMap(({ steps }) => steps)) {
    if (kindOf(expression) === 'sees served code') return last
    last = values.find(({ type }) => type === 'repository')?.value ?? last
  }
  return undefined
}
