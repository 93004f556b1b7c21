import type { Sentences } from './sentence'

export const downtime = {
  'I begin a downtime of at most {duration}': {
    keyword: 'When',
    effect: 'begins downtime',
    help: 'Monitoring does not alert about the hosts until it is ended, or time is over.',
  },
  'I end the downtime': {
    keyword: 'When',
    effect: 'ends downtime',
    help: 'Waits up to 5 minutes until monitoring sees the hosts back, and ends it.',
  },
  'I end the downtime within {duration}': {
    keyword: 'When',
    effect: 'ends downtime',
    help: 'Waits no longer until monitoring sees the hosts back, and ends their downtime.',
  },
  'the hosts should be in downtime': {
    keyword: 'Then',
    effect: 'sees downtime',
    details: () => ({ wanted: 'begun' }),
    help: 'Fails where monitoring would alert about a host or one of its services.',
  },
  'the hosts should not be in downtime': {
    keyword: 'Then',
    effect: 'sees downtime',
    details: () => ({ wanted: 'ended' }),
    help: 'Fails where a downtime of Lockstep’s is left on a host or one of its services.',
  },
} as const satisfies Sentences
