import { DONE } from '../engine/carry_out'
import type { Answer, Request } from '../model/answers'
import { formatValue, type Reading } from '../model/reading'
import type { Verdict } from '../model/verdict'
import { isSameVersion, orderOf, type VersionOrder } from '../model/versions'

/** The words of a package agent for a package that is not there. */
export const NOT_INSTALLED = new Set(['absent', 'purged'])

/** Returns the request for the version of a package. */
export function packageStatus(name: string): Omit<Request, 'mutating'> {
  return { agent: 'package', action: 'status', inputs: { package: name } }
}

/** Returns the version that an answer names; undefined for an answer that names none. */
export function ensureIn(answer: Answer | undefined): string | undefined {
  const ensure = answer?.kind === 'answered' ? answer.data['ensure'] : undefined
  return typeof ensure === 'string' ? ensure : undefined
}

/** Returns the version in an answer, as a person would read it, or what is there in place of one. */
export function versionIn(answer: Answer): string {
  if (answer.kind === 'failed') return answer.message || 'failed without saying why'
  return answer.kind === 'answered' ? formatValue(answer.data['ensure'] ?? DONE) : answer.kind
}

/** Returns the order of versions of the package manager that an answer names; undefined where it names none. */
export function orderIn(answer: Answer | undefined): VersionOrder | undefined {
  return answer?.kind === 'answered' ? orderOf(answer.data['provider']) : undefined
}

/** Returns what reads an answer for a wanted version. */
export function isVersion(wanted: string): (answer: Answer) => Reading {
  return (answer) => {
    const seen = versionIn(answer)
    const passed = answer.kind === 'answered' && isSameVersion(seen, wanted, orderIn(answer))
    return { passed, seen }
  }
}

/** Returns the versions that hosts were seen to have. */
export function versionsIn({ observations }: Pick<Verdict, 'observations'>): Map<string, string> {
  return new Map(
    observations.flatMap(({ host, kind, seen }) =>
      kind === 'answered' && seen !== DONE ? [[host, seen] as const] : [],
    ),
  )
}

/** Returns hosts by the version they have; the version is the host's own text, even `__proto__`. */
export function byVersion(seen: ReadonlyMap<string, string>): Record<string, string[]> {
  const versions = new Map<string, string[]>()
  for (const [host, version] of seen) {
    const hosts = versions.get(version) ?? []
    versions.set(version, hosts)
    hosts.push(host)
  }
  return Object.fromEntries(versions)
}
