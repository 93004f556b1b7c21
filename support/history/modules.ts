import type { JournalEntry } from '../rollout/model/journal_entry'
import { foldHosts } from '../rollout/model/fold_hosts'
import { groupBy } from '../system/groups'

/** The modules of the puppet code of one application, and the hosts that have these. */
export interface FoundModules {
  /** The name of the code. */
  code: string
  /** The modules with their versions or commits, such as `apache 12.0.1, stdlib 9.4.1`. */
  modules: string
  hosts: readonly string[]
}

/** Returns the modules that a run has found, of each host those that it found last. */
export function modulesIn(entries: readonly JournalEntry[]): FoundModules[] {
  const last = new Map<string, { code: string; host: string; modules: string }>()
  for (const entry of entries) {
    if (entry.type !== 'modules found') continue
    for (const [modules, hosts] of Object.entries(entry.states))
      for (const host of hosts) last.set(`${entry.code} ${host}`, { code: entry.code, host, modules })
  }
  return fold([...last.values()])
}

interface RunWithModules {
  run: string
  environment: string
  began: string
  modules?: readonly FoundModules[]
}

/** Describes which modules are where, by what runs of the history have found last: a line for hosts that are alike. */
export function describeModulesOf(runs: readonly RunWithModules[], host: string | undefined): string[] {
  const last = new Map<
    string,
    { code: string; host: string; modules: string; environment: string; began: string; run: string }
  >()
  for (const { modules = [], environment, began, run } of [...runs].sort((a, b) =>
    a.began < b.began ? -1 : 1,
  ))
    for (const found of modules)
      for (const name of found.hosts)
        if (host === undefined || name === host)
          last.set(`${environment} ${found.code} ${name}`, { ...found, host: name, environment, began, run })
  const alike = groupBy(last.values(), (each) =>
    JSON.stringify([each.environment, each.code, each.modules, each.began, each.run]),
  )
  return [...alike.values()].map((hosts) => {
    const [first] = hosts
    if (first === undefined) return ''
    const { environment, code, modules, began, run } = first
    const when = began.slice(0, 16).replace('T', ' ')
    return `${when}  ${environment}  ${code}: ${modules}  ${foldHosts(hosts.map((each) => each.host)).join(', ')}  (run ${run})`
  })
}

function fold(found: readonly { code: string; host: string; modules: string }[]): FoundModules[] {
  const alike = groupBy(found, ({ code, modules }) => JSON.stringify([code, modules]))
  return [...alike.values()].flatMap((hosts) => {
    const [first] = hosts
    return first === undefined
      ? []
      : [{ code: first.code, modules: first.modules, hosts: hosts.map(({ host }) => host) }]
  })
}
