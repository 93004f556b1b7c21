import { existsSync, readFileSync, readdirSync, realpathSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { readRegularFile } from '../../system/regular_file'
import { formatLockstep } from '../../system/commands'
import { fail, ok, type Check, type Finding } from '../check'

/** The versions of cucumber that Lockstep runs in, by major version: the least minor version of each. */
const CUCUMBERS: ReadonlyMap<number, number> = new Map([
  [12, 9],
  [13, 0],
])
/** The versions of Node that Lockstep runs in: this one, and any later one. */
const LEAST_NODE = [20, 19] as const

/** Looks at what a rollout needs of this machine: Node, cucumber, and the file that cucumber reads. */
export const programs: Check = {
  name: 'programs',
  limitMs: 5_000,
  look: ({ cwd }) => [
    judgeNode(process.versions.node),
    judgeCucumber(cucumberFor(cwd), cucumberFor(__dirname)),
    judgeProfiles(cwd),
  ],
}

/** A cucumber that a folder's programs load. */
interface FoundCucumber {
  version: string
  folder: string
}

export function judgeNode(version: string): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const [least, leastMinor] = LEAST_NODE
  if (major > least || (major === least && minor >= leastMinor)) return ok(`Node ${version}`)
  return fail(`Node is ${version}; Lockstep needs ${least}.${leastMinor} or later`, 'install a later Node')
}

/** Judges the cucumber of the project, and whether Lockstep loads the very same: steps of one are unknown to another. */
export function judgeCucumber(own: FoundCucumber | undefined, ours: FoundCucumber | undefined): Finding {
  const install = 'npm install --save-dev @cucumber/cucumber@12'
  if (own === undefined) return fail('there is no cucumber for this folder', 'install it here:', install)
  const [major = 0, minor = 0] = own.version.split('.').map(Number)
  const least = CUCUMBERS.get(major)
  if (least === undefined || minor < least)
    return fail(
      `cucumber is ${own.version}; Lockstep runs in 12.9 and later, and in 13`,
      'install another one here:',
      install,
    )
  if (ours !== undefined && ours.folder !== own.folder)
    return fail(
      `this folder has the cucumber of ${own.folder}, and Lockstep that of ${ours.folder}: one does not know the steps of the other`,
      'install Lockstep in this project, and not beside it',
    )
  return ok(`cucumber ${own.version}`)
}

/** Judges the file that names the profiles. It is not loaded: it is code of the team. */
export function judgeProfiles(cwd: string): Finding {
  const name = readdirSync(cwd).find((each) => /^cucumber\.(?:[cm]?js|json|ya?ml)$/.test(each))
  if (name === undefined)
    return fail(
      'there is no cucumber.js here, so that no profile is known',
      'write one, with a first feature:',
      formatLockstep('init'),
    )
  try {
    const text = readRegularFile(join(cwd, name)).toString('utf8')
    if (NEEDS_LOCKSTEP.test(text) && !canLoadLockstep(cwd))
      return fail(
        `${name} loads Lockstep, which is not installed for this folder`,
        'install it here: npm install --save-dev, and the tarball or git URL of Lockstep',
      )
    return ok(`${name} is there; its code was not run`)
  } catch (error) {
    return fail(
      `${name} cannot be read: ${(error as Error).message}`,
      'make it readable:',
      `chmod u+r ${name}`,
    )
  }
}

const NEEDS_LOCKSTEP = /(?:\brequire\(|\bfrom|\bimport\(?)\s*['"]lockstep['"]/

function canLoadLockstep(cwd: string): boolean {
  try {
    createRequire(join(cwd, 'any.js')).resolve('lockstep')
    return true
  } catch {
    return false
  }
}

function cucumberFor(folder: string): FoundCucumber | undefined {
  try {
    const path = createRequire(join(folder, 'any.js')).resolve('@cucumber/cucumber/package.json')
    if (!existsSync(path)) return undefined
    const { version } = JSON.parse(readFileSync(path, 'utf8')) as { version: string }
    return { version, folder: realpathSync(dirname(path)) }
  } catch {
    return undefined
  }
}
