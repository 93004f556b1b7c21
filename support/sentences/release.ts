import type { Sentences } from './sentence'

export const release = {
  'this is release {release}': {
    keyword: 'Given',
    effect: 'names release',
    help: 'Names the release; the history keeps under it what the rollout changes.',
  },
  'I activate release {release}': {
    keyword: 'Given',
    effect: 'activates release',
    help: 'Ends safe mode for a release that has been there in safe mode before.',
  },
  'release {release} should have passed in {environment}': {
    keyword: 'Then',
    effect: 'expects release elsewhere',
    help: 'Goes on where the history has the release as passed in this environment.',
  },
} as const satisfies Sentences
