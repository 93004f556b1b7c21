import { mutating, readOnly, oneOf, optional, type Contract } from './contract'
import { optionalVersion, packageName } from './rules'

const onePackage = { package: packageName }
const state = {
  name: 'Package name',
  version: 'Version number, without the release',
  release: 'Release number',
  epoch: 'Epoch',
  arch: 'Architecture',
  provider: 'What the package manager was asked through',
  output: 'What the package manager said',
}
const ensure = 'Full version, absent or purged'
const ran = { output: 'What the package manager said', exitcode: 'How it ended' }
const refreshed = {
  ...ran,
  age: 'Seconds since the oldest list was made by its repository; nothing where it is not known',
}
const outdated = {
  outputs: { outdated_packages: 'Packages that have a newer version' },
  also: { ...ran, package_manager: 'Which package manager' },
}

export const packages = {
  agent: 'package',
  description: 'Installs, updates and removes packages, and tells their versions',
  timeout: 180,
  actions: {
    status: readOnly('Tells the version of a package', {
      inputs: onePackage,
      outputs: { ensure },
      also: state,
    }),
    install: mutating('Installs a package, in a given version or the newest', {
      inputs: { ...onePackage, version: optionalVersion },
      also: { ensure, ...state },
    }),
    update: mutating('Brings an installed package to its newest version', {
      inputs: onePackage,
      also: { ensure, ...state },
    }),
    uninstall: mutating('Removes a package and keeps its configuration', {
      inputs: onePackage,
      also: { ensure, ...state },
    }),
    purge: mutating('Removes a package and its configuration', {
      inputs: onePackage,
      also: { ensure, ...state },
    }),
    candidate: readOnly('Tells what an installation or an update would bring, and what stands in its way', {
      inputs: { ...onePackage, version: optionalVersion },
      outputs: { candidate: 'The version that would be installed' },
      also: {
        name: state.name,
        obstacle: 'What stands in the way',
        locked: 'Who has the package database at the moment',
        needs: 'How many bytes it takes',
        free: 'How many bytes there are',
        provider: state.provider,
      },
    }),
    count: readOnly('Counts the installed packages', {
      outputs: { output: 'How many packages' },
      also: { exitcode: ran.exitcode },
    }),
    md5: readOnly('Tells an MD5 of the installed packages, to compare hosts by', {
      outputs: { output: 'MD5 of names and versions' },
      also: { exitcode: ran.exitcode },
    }),
    checkupdates: readOnly('Tells which packages have newer versions', outdated),
    apt_checkupdates: readOnly('Tells which packages have newer versions, by apt', outdated),
    yum_checkupdates: readOnly('Tells which packages have newer versions, by dnf or yum', outdated),
    refresh: mutating('Reads the package lists again, and fails where one is not read', { also: refreshed }),
    apt_update: mutating('Reads the package lists again, by apt', { also: refreshed }),
    yum_clean: mutating('Empties the cache of dnf or yum', {
      inputs: {
        mode: optional(oneOf('all', 'headers', 'packages', 'metadata', 'dbcache', 'plugins', 'expire-cache')),
      },
      also: ran,
    }),
  },
} as const satisfies Contract
