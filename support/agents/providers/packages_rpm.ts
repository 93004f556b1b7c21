import type { CommandRunner } from '../../system/command'
import { findUnreadLists } from '../../system/package_lists'
import type { Outdated, PackageCandidate, PackageLists, PackageManager, PackageState, Ran } from '../package'
import { complaint, LOOK_WITHIN, toItsEnd } from './programs'

const NONE_LISTED = /No matching Packages to list/i
const TELLING = /^(Error|No match|Failed|Unable)/i
const FIELDS = '%{EPOCH} %{VERSION} %{RELEASE} %{ARCH}\n'

/** Returns a manager of rpm's packages, through dnf or yum, which take the same words. */
export function rpmPackages(through: 'dnf' | 'yum', run: CommandRunner): PackageManager & PackageLists {
  const program = toItsEnd(run)
  const state = async (name: string): Promise<PackageState> => {
    const looked = await program('rpm', ['-q', '--qf', FIELDS, '--', name], { within: LOOK_WITHIN })
    if (looked.exitCode === 0) return stateOf(name, looked.stdout)
    if (/ is not installed$/m.test(looked.output)) return { ensure: 'absent' }
    throw complaint('rpm', looked, TELLING)
  }
  const manage = async (args: readonly string[], signal: AbortSignal): Promise<string> => {
    const ended = await program(through, ['-q', '-y', ...args], { signal, outlives: true })
    if (ended.exitCode !== 0) throw complaint(through, ended, TELLING)
    return ended.output
  }
  const plainly = async (args: readonly string[], signal: AbortSignal): Promise<Ran> => {
    const { exitCode, output } = await program(through, args, { signal })
    return { exitcode: exitCode, output }
  }
  return {
    provider: through,
    state,
    async install(name, version, signal) {
      const before = (await state(name)).ensure
      if (before === version) return ''
      if (version === undefined) return manage([before === 'absent' ? 'install' : 'upgrade', name], signal)
      const said = await manage(['install', `${name}-${version}`], signal)
      // `install` leaves a newer version as it is, and calls that success.
      const stayed = before !== 'absent' && (await state(name)).ensure === before
      return stayed ? manage(['downgrade', `${name}-${version}`], signal) : said
    },
    async remove(name, _purge, signal) {
      return (await state(name)).ensure === 'absent' ? '' : manage(['remove', name], signal)
    },
    async installed() {
      const args = ['-qa', '--qf', '%{NAME} %{EPOCH}:%{VERSION}-%{RELEASE} %{ARCH}\n']
      const { stdout } = await program('rpm', args, { within: LOOK_WITHIN })
      return stdout.split('\n').filter(Boolean).sort()
    },
    async candidate(name, version, signal): Promise<PackageCandidate> {
      const { ensure } = await state(name)
      if (version !== undefined && ensure === version) return { version }
      if (version === undefined && ensure !== 'absent') {
        const looked = await program(through, ['-q', 'check-update', name], { signal })
        const newer = looked.exitCode === 100 ? readUpdates(looked.stdout) : []
        if (looked.exitCode !== 0 && looked.exitCode !== 100)
          return { version: ensure, obstacle: complaint(through, looked, TELLING).message }
        return { version: newer.find((each) => each.package === name)?.version ?? ensure }
      }
      const looked = await program(through, ['-q', 'list', '--showduplicates', name], { signal })
      if (looked.exitCode !== 0 && !NONE_LISTED.test(looked.output))
        return { version: version ?? '', obstacle: complaint(through, looked, TELLING).message }
      const offered = looked.exitCode === 0 ? readOffers(name, looked.stdout) : []
      const found = version === undefined ? offered.at(-1) : offered.find((each) => isVersion(each, version))
      const which = version === undefined ? name : `${name}-${version}`
      // The version has its epoch, which is shown once it is installed.
      return found === undefined
        ? { version: version ?? '', obstacle: `no repository offers ${which}` }
        : { version: found }
    },
    async outdated(signal): Promise<Outdated> {
      const looked = await program(through, ['-q', 'check-update'], { signal })
      const { exitCode, stdout, output } = looked
      // Exit status 100: there are updates.
      if (exitCode !== 0 && exitCode !== 100) throw complaint(through, looked, TELLING)
      return { exitcode: exitCode, output, packages: exitCode === 0 ? [] : readUpdates(stdout) }
    },
    async refresh(signal) {
      // Lists that have not expired are not read again otherwise.
      const expired = await plainly(['-q', '-y', 'clean', 'expire-cache'], signal)
      if (expired.exitcode !== 0) return expired
      // With -q dnf says nothing of a repository that it passes over.
      const made = await plainly(['-y', 'makecache'], signal)
      const listed = await plainly(['-q', 'repolist'], signal)
      const none = listed.output.trim() === '' ? `${through} has no repository that is enabled` : undefined
      return { ...made, unread: findUnreadLists(made.output) ?? none }
    },
    clean: (mode, signal) => plainly(['-y', 'clean', mode], signal),
  }
}

/** Reads the state of a package; of several installed versions, such as kernels, the last one installed. */
function stateOf(name: string, stdout: string): PackageState {
  const line = stdout.split('\n').filter(Boolean).at(-1) ?? ''
  const [epoch = '', version = '', release = '', arch = ''] = line.split(' ')
  if (arch === '') throw new Error(`rpm says of ${name} what cannot be read: ${line}`)
  const full = `${version}-${release}`
  const hasEpoch = epoch !== '(none)' && epoch !== '0'
  return {
    ensure: hasEpoch ? `${epoch}:${full}` : full,
    version,
    release,
    arch,
    epoch: hasEpoch ? epoch : '0',
  }
}

/** Reads the three columns of updates, before the part about obsolete packages. */
function readUpdates(stdout: string): Outdated['packages'] {
  const [updates = ''] = stdout.split(/^Obsoleting Packages/m)
  return [...updates.matchAll(/^(\S+)\.[^.\s]+\s+(\S+)\s+(\S+)\s*$/gm)].map(
    ([, name = '', version = '', repo = '']) => ({ package: name, version, repo }),
  )
}

/** Returns whether `listed` is this version. The version may lack the epoch that is listed. */
function isVersion(listed: string, version: string): boolean {
  return listed === version || listed.replace(/^\d+:/, '') === version
}

/** Reads the versions of a package that are listed as available, oldest first. */
function readOffers(name: string, stdout: string): string[] {
  const [, available = ''] = stdout.split(/^Available [Pp]ackages.*$/m)
  return [...available.matchAll(/^(\S+)\.[^.\s]+\s+(\S+)\s+\S+\s*$/gm)].flatMap(([, listed, version = '']) =>
    listed === name ? [version] : [],
  )
}
