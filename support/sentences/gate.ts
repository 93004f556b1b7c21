import type { Sentences } from './sentence'

export const gate = {
  'I wait for approval': {
    keyword: 'Given',
    effect: 'waits for approval',
    help: 'Goes on once a person has approved it; gives up after an hour.',
  },
  'I wait up to {duration} for approval': {
    keyword: 'Given',
    effect: 'waits for approval',
    help: 'Goes on once a person has approved it; gives up after this time.',
  },
  'I wait up to {duration} for other rollouts': {
    keyword: 'Given',
    effect: 'waits for rollouts',
    help: 'Waits this long for rollouts that have some of the hosts; else it gives up at once.',
  },
  'only between {time} and {time} on {days}': {
    keyword: 'Given',
    effect: 'waits for time of day',
    help: 'No wave begins outside of these hours, by the clock of the control host.',
  },
  'only between {time} and {time} on {days} in {zone}': {
    keyword: 'Given',
    effect: 'waits for time of day',
    help: 'No wave begins outside of these hours, by the clock of this time zone.',
  },
  'no host may go back to an older version': {
    keyword: 'Given',
    effect: 'forbids older versions',
    help: 'Refuses changes to older versions, and fails a puppet run that applied older code.',
  },
  'the rollout should take no longer than {duration}': {
    keyword: 'Then',
    effect: 'limits time',
    help: 'No wave begins after this time, and a rollout that took longer fails.',
  },
} as const satisfies Sentences
