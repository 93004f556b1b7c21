import { join } from 'node:path'
import type { CommandRunner } from '../../system/command'
import { lookThrough } from '../../system/followed'
import type { HostFiles } from '../../system/host_files'
import type { HostResources, ResourceSeen } from '../managed_resources'
import type { PackageManager, PackageState } from '../package'
import type { ServiceManager } from '../service'
import { complaint, LOOK_WITHIN, toItsEnd, type Program } from './programs'

/** The means of a host to look at its resources. */
interface Means {
  run: CommandRunner
  files: HostFiles
  packages: Pick<PackageManager, 'state'> | undefined
  services: ServiceLook | undefined
}

/** Looks whether a service is known to its manager, enabled, or running. */
export type ServiceLook = (name: string) => Promise<ResourceSeen> | ResourceSeen

/** Returns a look at a host's resources of any type that puppet may have brought. It goes by what is there, not by puppet. */
export function resourceLooks({ run, files, packages, services }: Means): HostResources['look'] {
  const program = toItsEnd(run)
  return async (type, name) => {
    switch (type) {
      case 'Package':
        return packages === undefined
          ? unknown('the host has no package manager that is known')
          : lookAtPackage(packages, name)
      case 'Service':
        return services === undefined
          ? unknown('the host has no service manager that is known')
          : services(name)
      case 'File':
        return lookAtFile(files, name)
      case 'User':
        return lookAtAccount(program, 'passwd', name)
      case 'Group':
        return lookAtAccount(program, 'group', name)
      default:
        return unknown('resources of its type are not looked at')
    }
  }
}

function unknown(seen: string): ResourceSeen {
  return { is: 'not known', seen }
}

async function lookAtPackage(packages: Pick<PackageManager, 'state'>, name: string): Promise<ResourceSeen> {
  const { ensure } = await stateOfPackage(packages, name)
  if (ensure === 'purged') return { is: 'gone', seen: 'is not installed' }
  if (ensure === 'absent') return { is: 'gone', seen: 'is not installed; its configuration may be left' }
  return { is: 'there', seen: `${ensure} is still installed` }
}

/** Returns the state of a package. One for all architectures has none in its name for dpkg, however it was asked for. */
async function stateOfPackage(
  packages: Pick<PackageManager, 'state'>,
  name: string,
): Promise<Pick<PackageState, 'ensure'>> {
  const own = await packages.state(name)
  const [, plain, asked] = /^(.+):([a-z][a-z0-9-]*)$/.exec(name) ?? []
  if (plain === undefined || !GONE.has(own.ensure)) return own
  const found = await packages.state(plain)
  return found.arch === 'all' || asked === 'any' || asked === 'native' ? found : own
}

const GONE = new Set(['absent', 'purged'])

/** Looks at a path itself: a link to nowhere is there. */
async function lookAtFile(files: HostFiles, path: string): Promise<ResourceSeen> {
  try {
    const sight = await files.look(path)
    if (sight === undefined) return { is: 'gone', seen: 'is not there' }
    if (sight.kind === 'link') return { is: 'there', seen: `is still there, as ${await linkIn(files, path)}` }
    return { is: 'there', seen: sight.kind === 'folder' ? 'is still there, as a folder' : 'is still there' }
  } catch (error) {
    return unknown(`cannot be looked at: ${(error as Error).message}`)
  }
}

async function linkIn(files: HostFiles, path: string): Promise<string> {
  const end = await lookThrough(files, path).catch(() => undefined)
  return end === undefined ? 'a link to nowhere' : 'a link'
}

/** Looks at a user or a group in all sources of accounts that the host has. */
async function lookAtAccount(
  program: Program,
  database: 'passwd' | 'group',
  name: string,
): Promise<ResourceSeen> {
  const ended = await program('getent', [database, '--', name], { within: LOOK_WITHIN })
  // A number is found as an id too. A directory may tell a name in another case, or with its domain.
  const names = ended.stdout.split('\n').map((line) => line.split(':')[0] ?? '')
  if (ended.exitCode === 0 && (!/^\d+$/.test(name) || names.includes(name)))
    return {
      is: 'there',
      seen: names.includes(name) ? 'is still there' : `is still there, as ${names[0] ?? ''}`,
    }
  if (ended.exitCode === 0 || ended.exitCode === 2) return { is: 'gone', seen: 'is not there' }
  throw complaint('getent', ended, /./)
}

const RUNNING = new Set(['active', 'reloading', 'refreshing', 'activating', 'deactivating'])

/** Returns a look at units of systemd. */
export function systemdLook(run: CommandRunner): ServiceLook {
  const program = toItsEnd(run)
  return async (name) => {
    const args = ['show', '--property=Names,LoadState,ActiveState,UnitFileState', '--', name]
    const ended = await program('systemctl', args, { within: LOOK_WITHIN })
    const field = (property: string) => new RegExp(`^${property}=(.*)$`, 'm').exec(ended.stdout)?.[1]
    const [loaded, active] = [field('LoadState'), field('ActiveState')]
    if (ended.exitCode !== 0 || loaded === undefined || active === undefined)
      throw complaint('systemctl', ended, /^Failed/)
    const names = (field('Names') ?? '').split(' ').filter((each) => each !== '')
    if (RUNNING.has(active)) return { is: 'there', seen: 'still runs', names }
    // dpkg masks the units of a package that was removed.
    if (loaded === 'masked') return { is: 'gone', seen: 'is masked, and does not run', names }
    if (loaded === 'not-found') return { is: 'gone', seen: 'is not known, and does not run', names }
    const file = field('UnitFileState') ?? ''
    return {
      is: 'there',
      seen: `does not run, and its unit is still there${file === '' ? '' : `, ${file}`}`,
      names,
    }
  }
}

/** Returns a look at services with a script in `/etc/init.d`, and at the links that start them. */
export function sysvLook(
  services: Pick<ServiceManager, 'isRunning'>,
  files: HostFiles,
  etc = '/etc',
): ServiceLook {
  return async (name) => {
    if ((await lookThrough(files, join(etc, 'init.d', name))) !== undefined) {
      const isRunning = await services.isRunning(name)
      return { is: 'there', seen: isRunning ? 'still runs' : 'does not run, and its script is still there' }
    }
    const folders = ['rcS.d', 'rc2.d', 'rc3.d', 'rc5.d'].map((folder) => files.list(join(etc, folder)))
    const links = (await Promise.all(folders)).flatMap((names) => names ?? [])
    const isStarted = links.some((link) => link.replace(/^S\d\d/, '') === name)
    if (isStarted) return { is: 'there', seen: 'has no script any more, and is still started at boot' }
    return { is: 'gone', seen: 'has no script' }
  }
}
