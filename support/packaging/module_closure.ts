/** What package-lock.json says of one package. */
export interface Locked {
  version: string
  integrity?: string
  license?: string
  dev?: boolean
  optional?: boolean
  dependencies?: Readonly<Record<string, string>>
  optionalDependencies?: Readonly<Record<string, string>>
  peerDependencies?: Readonly<Record<string, string>>
  peerDependenciesMeta?: Readonly<Record<string, { optional?: boolean }>>
}

/** The packages of package-lock.json, by the folder that each is installed in. */
export type Lock = Readonly<Record<string, Locked>>

/**
 * Returns the folders of the named packages and of all that they depend on, as Node finds them: the nearest
 * `node_modules` first. An optional package that is not there is left out, and so is
 * an optional peer.
 * @throws Error where one that is needed is not in the lock file
 */
export function closureOf(lock: Lock, names: readonly string[]): string[] {
  const found = new Set<string>()
  const add = (name: string, from: string, isNeeded: boolean): void => {
    const folder = foldersFor(name, from).find((each) => lock[each] !== undefined)
    const locked = folder === undefined ? undefined : lock[folder]
    if (folder === undefined || locked === undefined) {
      if (!isNeeded) return
      throw new Error(`package-lock.json has no ${name}, which ${from || 'Lockstep'} needs; say npm install`)
    }
    if (found.has(folder)) return
    found.add(folder)
    for (const each of Object.keys(locked.dependencies ?? {})) add(each, folder, true)
    for (const each of Object.keys(locked.optionalDependencies ?? {})) add(each, folder, false)
    for (const each of Object.keys(locked.peerDependencies ?? {}))
      if (locked.peerDependenciesMeta?.[each]?.optional !== true) add(each, folder, true)
  }
  for (const name of names) add(name, '', true)
  return [...found].sort()
}

/** Returns the name of the package that is installed in a folder. */
export function nameIn(folder: string): string {
  return folder.slice(folder.lastIndexOf(MODULES) + MODULES.length)
}

const MODULES = 'node_modules/'

function foldersFor(name: string, from: string): string[] {
  const here = `${from === '' ? '' : `${from}/`}${MODULES}${name}`
  if (from === '') return [here]
  const above = from.lastIndexOf(`/${MODULES}`)
  return [here, ...foldersFor(name, above === -1 ? '' : from.slice(0, above))]
}
