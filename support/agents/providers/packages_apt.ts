import type { CommandRunner } from '../../system/command'
import { findUnreadLists } from '../../system/package_lists'
import type { Outdated, PackageCandidate, PackageLists, PackageManager, PackageState } from '../package'
import { oldestIndex } from './apt_indexes'
import { dpkgContext, type DpkgContext } from './dpkg_context'
import { complaint, LOOK_WITHIN, toItsEnd } from './programs'

const QUIET = { DEBIAN_FRONTEND: 'noninteractive', APT_LISTCHANGES_FRONTEND: 'none', NEEDRESTART_MODE: 'l' }
const UNASKED = [
  '-q',
  '-y',
  // Without a terminal dpkg prints each line once.
  '-o',
  'Dpkg::Use-Pty=0',
  // Configuration that was changed on the host stays as it is, and dpkg asks no question.
  '-o',
  'Dpkg::Options::=--force-confdef',
  '-o',
  'Dpkg::Options::=--force-confold',
]
const SIMULATED = ['-q', '-s', '-o', 'Debug::NoLocking=true']

/** Bytes of a package list at most. The packages of a large host are some 200 bytes each. */
const MAX_LIST_BYTES = 16 * 1024 * 1024

/**
 * Returns a manager of dpkg's packages, through apt. A package that is on hold or half installed is an error that says
 * so. So is a database that is locked for `lockWithin` seconds.
 */
export function aptPackages(
  run: CommandRunner,
  lockWithin = 60,
  look: DpkgContext = dpkgContext(run),
): PackageManager & PackageLists {
  const careful = [...UNASKED, '-o', `DPkg::Lock::Timeout=${lockWithin}`]
  const program = toItsEnd(run)
  const query = (format: string, ...names: string[]) =>
    program('dpkg-query', ['-W', '-f', format, '--', ...names], { within: LOOK_WITHIN })
  const entry = async (name: string) => {
    const format = '${db:Status-Want} ${db:Status-Status} ${Version} ${Architecture}\n'
    const { exitCode, stdout } = await query(format, name)
    return exitCode === 0 ? readEntry(name, stdout) : undefined
  }
  const state = async (name: string): Promise<PackageState> => stateOf(name, await entry(name))
  const apt = async (args: readonly string[], signal: AbortSignal): Promise<string> => {
    const ended = await program('apt-get', [...careful, ...args], { signal, env: QUIET, outlives: true })
    // Error lines of apt-get itself name the process that has the lock, and the package that does not exist.
    if (ended.exitCode !== 0) throw complaint('apt-get', ended, /^(E: |dpkg: error|Waiting for cache lock)/)
    return ended.output
  }
  const refuseHeld = async (name: string) => {
    if ((await entry(name))?.wanted === 'hold')
      throw new Error(`${name} is on hold on this host; take that off first (apt-mark unhold ${name})`)
  }
  /**
   * Refuses an unknown name that apt would read otherwise: one with a dot as a pattern, one with a plus at its end as
   * another package.
   */
  const refuseUnknown = async (name: string) => {
    if (!/[.]|[+]$/.test(name)) return
    const { exitCode, stdout } = await program('apt-cache', ['show', '--no-all-versions', name], {
      within: LOOK_WITHIN,
    })
    // It reads patterns too, and shows what they match.
    const isKnown = exitCode === 0 && stdout.split('\n').includes(`Package: ${name}`)
    if (!isKnown) throw new Error(`Unable to locate package ${name}`)
  }
  return {
    provider: 'apt',
    state,
    async install(name, version, signal) {
      if (version !== undefined && (await state(name)).ensure === version) return ''
      await refuseUnknown(name)
      await refuseHeld(name)
      return version === undefined
        ? apt(['install', name], signal)
        : apt(['--allow-downgrades', 'install', `${name}=${version}`], signal)
    },
    async remove(name, purge, signal) {
      const { ensure } = await state(name)
      if (ensure === 'purged' || (ensure === 'absent' && !purge)) return ''
      await refuseHeld(name)
      return apt([purge ? 'purge' : 'remove', name], signal)
    },
    async installed() {
      const limits = { within: LOOK_WITHIN, outputAtMost: MAX_LIST_BYTES }
      const listed = await program('dpkg', ['--list'], limits)
      if (listed.exitCode !== 0) throw complaint('dpkg', listed, /^dpkg/)
      return listed.stdout.split('\n').filter((line) => line.startsWith('ii'))
    },
    async candidate(name, version, signal): Promise<PackageCandidate> {
      const { ensure } = await state(name)
      if (version !== undefined && ensure === version) return { version }
      await refuseUnknown(name)
      const wanted = version === undefined ? name : `${name}=${version}`
      const args = [...SIMULATED, '--allow-downgrades', 'install', '--', wanted]
      const ended = await program('apt-get', args, { signal, env: QUIET })
      if (ended.exitCode !== 0)
        return { version: version ?? '', obstacle: complaint('apt-get', ended, /^E: /).message }
      const found = readUpgrades(ended.stdout).find((each) => each.package === name)?.version
      const isOnHold = (await entry(name))?.wanted === 'hold'
      if (found === undefined)
        return { version: ensure, ...(isOnHold ? { obstacle: `${name} is on hold` } : {}) }
      const shown = await program('apt-cache', ['show', '--', `${name}=${found}`], { within: LOOK_WITHIN })
      const [locked, free] = await Promise.all([look.lockedBy(), look.freeBytes()])
      return {
        version: found,
        needs: bytesNeeded(shown.stdout),
        free,
        ...(isOnHold ? { obstacle: `${name} is on hold` } : {}),
        ...(locked === undefined ? {} : { locked: `locked by ${locked}` }),
      }
    },
    async outdated(signal): Promise<Outdated> {
      const { exitCode, stdout, output } = await program('apt-get', [...SIMULATED, 'upgrade'], {
        signal,
        env: QUIET,
      })
      return { exitcode: exitCode, output, packages: readUpgrades(stdout) }
    },
    async refresh(signal) {
      // Older versions of apt do not know the mode, and warn with exit status 0.
      const args = [...careful, '-o', 'APT::Update::Error-Mode=any', 'update']
      const { exitCode, output } = await program('apt-get', args, { signal, env: QUIET })
      const isNone = !/^(?:Hit|Get):/m.test(output)
      const none = isNone ? 'apt has no source of packages' : undefined
      const shown = await program('apt-config', ['shell', 'LISTS', 'Dir::State::lists/d'], {
        within: LOOK_WITHIN,
      })
      const [, folder] = /^LISTS='(\/[^']*)'/m.exec(shown.stdout) ?? []
      return {
        exitcode: exitCode,
        output,
        unread: findUnreadLists(output) ?? none,
        madeAt: folder === undefined ? undefined : await oldestIndex(run, folder),
      }
    },
    clean: () => undefined,
  }
}

interface Entry {
  wanted: string
  status: string
  version: string
  arch: string
}

/** Reads the entry of a package; of several architectures, the installed one. */
function readEntry(name: string, stdout: string): Entry | undefined {
  const entries = stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => {
      const [wanted = '', status = '', version = '', arch = ''] = line.split(' ')
      if (status === '') throw new Error(`dpkg-query says of ${name} what cannot be read: ${line}`)
      return { wanted, status, version, arch }
    })
  return entries.find(({ status }) => status === 'installed') ?? entries[0]
}

function stateOf(name: string, entry: Entry | undefined): PackageState {
  if (entry === undefined || entry.status === 'not-installed') return { ensure: 'purged' }
  if (entry.status === 'config-files') return { ensure: 'absent' }
  if (entry.status !== 'installed' && !entry.status.startsWith('triggers-'))
    throw new Error(`${name} ${entry.version} is ${entry.status}: its installation was never completed`)
  return { ensure: entry.version, arch: entry.arch }
}

/** Reads the lines `Inst name [installed] (version origin [arch])` of a simulation by apt. */
function readUpgrades(stdout: string): Outdated['packages'] {
  return [...stdout.matchAll(/^Inst (\S+) (?:\[[^\]]*\] )?\((\S+) ([^)[]*)/gm)].map(
    ([, name = '', version = '', repo = '']) => ({ package: name, version, repo: repo.trim() }),
  )
}

/**
 * Returns the bytes of the download and of the unpacked package. An earlier version may still give some of them back.
 */
function bytesNeeded(shown: string): number {
  const number = (field: string) => Number(new RegExp(`^${field}: (\\d+)$`, 'm').exec(shown)?.[1] ?? 0)
  return number('Installed-Size') * 1024 + number('Size')
}
