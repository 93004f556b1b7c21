import type { Sentences } from './sentence'

const version = ([name = '', wanted = '']: readonly string[]) => ({ name, version: wanted })

export const packages = {
  'I update the package {package}': {
    keyword: 'When',
    effect: 'changes package',
    details: ([name = '']) => ({ name, version: undefined }),
    help: 'The hosts have the newest version that their own repositories offer.',
  },
  'I install version {version} of the package {package}': {
    keyword: 'When',
    effect: 'changes package',
    details: ([wanted = '', name = '']) => ({ name, version: wanted }),
    help: 'The hosts have this version of the package, be it newer or older.',
  },
  'I refresh the package lists': {
    keyword: 'When',
    effect: 'refreshes lists',
    help: 'The hosts have the lists of all their sources as they are now; it installs nothing.',
  },
  'the package {package} should be available in version {version}': {
    keyword: 'Then',
    effect: 'sees offer',
    details: version,
    help: 'Fails where a host could not install this version: none has it, or it is on hold.',
  },
  'the package version for {package} should be {version}': {
    keyword: 'Then',
    effect: 'sees version',
    details: version,
    help: 'Fails where a host has another version, or none.',
  },
  'the package version for {package} should be {version} within {duration}': {
    keyword: 'Then',
    effect: 'sees version',
    details: version,
    help: 'Fails where a host has another version, or none, after this time.',
  },
  'the package {package} should be installed': {
    keyword: 'Then',
    effect: 'sees package',
    details: ([name = '']) => ({ name, wanted: 'installed' }),
    help: 'Fails where a host does not have the package.',
  },
  'the package {package} should be absent': {
    keyword: 'Then',
    effect: 'sees package',
    details: ([name = '']) => ({ name, wanted: 'absent' }),
    help: 'Fails where a host has the package.',
  },
} as const satisfies Sentences
