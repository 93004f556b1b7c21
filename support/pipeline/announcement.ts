/** A package of an announcement. */
export interface AnnouncedPackage {
  name: string
  /** The version that hosts can install now; null for a package that was removed, or has none that fits all hosts. */
  version: string | null
}

/** An announcement of a package repository: its indices were published, and have these changes. */
export interface Announcement {
  /** The name of the package repository in lockstep.yaml. */
  repository: string
  by: string | undefined
  /** The changes in the order in which they were made; none where the package repository names none. */
  changes: readonly PackageChange[]
}

/** A package that was added to a distribution, or removed from it. */
export interface PackageChange {
  codename: string
  arch: string
  name: string
  /** The version; null where the package was removed. */
  version: string | null
  /** False for sources, and for the parts of an installer: hosts install neither. */
  isForHosts: boolean
}

/** The most changes of an announcement. */
export const MAX_CHANGES = 10_000
/** The most packages that an event of an announcement names. */
const MAX_NAMED = 50

/**
 * Returns the packages for hosts that changed, each name once, with the version that all distributions and architectures
 * have in the end; `packages` has the last ones.
 */
export function foldChanges(changes: readonly PackageChange[]): {
  packages: AnnouncedPackage[]
  packageCount: number
} {
  const byName = new Map<string, Map<string, string | null>>()
  for (const { codename, arch, name, version, isForHosts } of changes) {
    if (!isForHosts) continue
    const known = byName.get(name) ?? new Map<string, string | null>()
    byName.delete(name)
    byName.set(name, known.set(`${codename} ${arch}`, version))
  }
  const packages = [...byName].map(([name, known]) => {
    const versions = new Set(known.values())
    const [version = null] = versions
    return { name, version: versions.size === 1 ? version : null }
  })
  return { packages: packages.slice(-MAX_NAMED), packageCount: packages.length }
}
