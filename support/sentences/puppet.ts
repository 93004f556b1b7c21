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
  'I run puppet': {
    keyword: 'When',
    effect: 'runs puppet',
    help: 'Runs puppet, and waits up to 30 minutes for the report of that very run.',
  },
  'I run puppet within {duration}': {
    keyword: 'When',
    effect: 'runs puppet',
    help: 'Runs puppet, and waits no longer for the report of that very run.',
  },
  'I run puppet in noop': {
    keyword: 'When',
    effect: 'runs puppet in noop',
    help: 'Puppet tells what it would change, and changes nothing; up to 30 minutes.',
  },
  'I run puppet in noop within {duration}': {
    keyword: 'When',
    effect: 'runs puppet in noop',
    help: 'Puppet tells what it would change, and changes nothing.',
  },
  'puppet should have failed on no resource': {
    keyword: 'Then',
    effect: 'sees puppet failures',
    help: 'Fails where a resource failed, or the last run proves nothing.',
  },
  'puppet would change nothing': {
    keyword: 'Then',
    effect: 'sees puppet changes',
    help: 'Fails where the run in noop found anything to change.',
  },
  'puppet would change nothing but:': {
    keyword: 'Then',
    effect: 'sees puppet changes',
    help: 'Fails where the run in noop found a change that is not in the table below.',
  },
  'puppet should change nothing when run again': {
    keyword: 'Then',
    effect: 'sees puppet run again',
    help: 'Runs puppet in noop, and fails where it finds anything to change.',
  },
  'puppet should have applied release {string}': {
    keyword: 'Then',
    effect: 'sees puppet release',
    help: 'Fails where the last run was of other code, or older than this rollout.',
  },
} as const satisfies Sentences
