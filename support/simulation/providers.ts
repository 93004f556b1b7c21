import type { Firewall } from '../agents/iptables'
import type { Lease, LeaseStore } from '../agents/lock'
import type { CheckResult, Checks } from '../agents/nrpe'
import type { PackageLists, PackageManager } from '../agents/package'
import type { ServiceManager } from '../agents/service'

/** Versions that a repository offers, oldest first, by package. */
export type Repository = Readonly<Record<string, readonly string[]>>

/** The real state of a simulated machine, even where it reports another. */
interface Real {
  really(): readonly string[]
}

export function pretendPackages(
  repository: Repository,
  installed: Record<string, string>,
  lies: () => boolean,
): PackageManager & PackageLists & Real {
  const state = new Map(Object.entries(installed))
  const offers = (name: string) => (Object.hasOwn(repository, name) ? (repository[name] ?? []) : [])
  // A host that lies believes itself: it reports the ordered version to every question in the same breath.
  const claimed = new Map<string, string>()
  const refuseUnknown = (name: string, version: string | undefined): string => {
    if (version !== undefined && offers(name).includes(version)) return version
    throw new Error(`no repository offers ${name}${version === undefined ? '' : ` ${version}`}`)
  }
  return {
    provider: 'pretend',
    state(name) {
      const claim = claimed.get(name)
      claimed.delete(name)
      return { ensure: claim ?? state.get(name) ?? 'absent' }
    },
    install(name, version) {
      const chosen = refuseUnknown(name, version ?? offers(name).at(-1))
      if (lies()) claimed.set(name, chosen)
      else state.set(name, chosen)
      return ''
    },
    remove(name, purge) {
      if (lies()) claimed.set(name, purge ? 'purged' : 'absent')
      else state.delete(name)
      return ''
    },
    installed: () => [...state].map(([name, version]) => `${name} ${version}`).sort(),
    candidate(name, version) {
      const newest = offers(name).at(-1) ?? state.get(name) ?? ''
      if (version === undefined || offers(name).includes(version)) return { version: version ?? newest }
      return { version, obstacle: `no repository offers ${name} ${version}` }
    },
    outdated: () => ({
      exitcode: 0,
      output: '',
      packages: [...state].flatMap(([name, version]) => {
        const newest = offers(name).at(-1)
        return newest === undefined || newest === version
          ? []
          : [{ package: name, version: newest, repo: 'pretend' }]
      }),
    }),
    refresh: () => ({ exitcode: 0, output: '' }),
    clean: () => undefined,
    really: () => [...state].map(([name, version]) => `package ${name} ${version}`).sort(),
  }
}

export function pretendServices(
  running: Readonly<Record<string, 'running' | 'stopped'>>,
  lies: () => boolean,
): ServiceManager & Real {
  const state = new Map(Object.entries(running))
  const claimed = new Map<string, string>()
  const set = (name: string, to: 'running' | 'stopped') => {
    if (!state.has(name)) throw new Error(`there is no service ${name}`)
    if (lies()) claimed.set(name, to)
    else state.set(name, to)
  }
  return {
    isRunning(name) {
      const claim = claimed.get(name)
      claimed.delete(name)
      return (claim ?? state.get(name)) === 'running'
    },
    start: (name) => set(name, 'running'),
    stop: (name) => set(name, 'stopped'),
    restart: (name) => set(name, 'running'),
    really: () => [...state].map(([name, is]) => `service ${name} ${is}`).sort(),
  }
}

export function pretendFirewall(lies: () => boolean): Firewall & Real {
  const addresses = new Set<string>()
  let claim: ((seen: Set<string>) => void) | undefined
  const change = (work: (seen: Set<string>) => void) => {
    if (lies()) claim = work
    else work(addresses)
  }
  return {
    blocked() {
      const seen = new Set(addresses)
      claim?.(seen)
      claim = undefined
      return [...seen]
    },
    block: (address) => change((seen) => void seen.add(address)),
    unblock: (address) => change((seen) => void seen.delete(address)),
    really: () => [...addresses],
  }
}

/** Returns checks that answer with the next of their results each time, and stay with the last one. */
export function pretendChecks(results: Readonly<Record<string, readonly CheckResult[]>>): Checks {
  const asked = new Map<string, number>()
  return {
    run(name) {
      const list = Object.hasOwn(results, name) ? (results[name] ?? []) : []
      const turn = asked.get(name) ?? 0
      asked.set(name, turn + 1)
      return list[Math.min(turn, list.length - 1)]
    },
    names: () => Object.keys(results),
  }
}

export function pretendLease(): LeaseStore {
  let text: string | undefined
  return {
    read: async () => ({ text, lease: text === undefined ? undefined : (JSON.parse(text) as Lease) }),
    async exchange(read, next) {
      if (read.text !== text) return false
      text = next === undefined ? undefined : JSON.stringify(next)
      return true
    },
  }
}
