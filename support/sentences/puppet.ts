import type { Sentences } from './sentence'

export const puppet = {
  'I disable puppet': {
    keyword: 'When',
    effect: 'disables puppet',
    help: 'Puppet changes nothing on the hosts until it is enabled again.',
  },
  'I disable puppet with the message {string}': {
    keyword: 'When',
    effect: 'disables puppet',
    help: 'Puppet changes nothing until it is enabled again, and says this to who asks why.',
  },
  'I enable puppet': {
    keyword: 'When',
    effect: 'enables puppet',
    help: 'Puppet may change the hosts again.',
  },
  'puppet should be disabled': {
    keyword: 'Then',
    effect: 'sees puppet',
    details: () => ({ wanted: 'disabled' }),
    help: 'Fails where puppet may change a host.',
  },
  'puppet should be enabled': {
    keyword: 'Then',
    effect: 'sees puppet',
    details: () => ({ wanted: 'enabled' }),
    help: 'Fails where puppet may not change a host.',
  },
  'every puppet master should serve release {release}': {
    keyword: 'Then',
    effect: 'sees served code',
    help: 'Fails where the host’s own puppetserver compiles other code, or may do so.',
  },
} as const satisfies Sentences
