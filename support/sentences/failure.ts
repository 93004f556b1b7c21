import type { Sentences } from './sentence'

export const failure = {
  'on failure healthy hosts go back into rotation': {
    keyword: 'Given',
    effect: 'restores after failure',
    details: () => ({ versions: false }),
    help: 'Once a line has failed, hosts that passed every line are put back.',
  },
  'on failure every touched host goes back to the version it had': {
    keyword: 'Given',
    effect: 'restores after failure',
    details: () => ({ versions: true }),
    help: 'Once a line has failed, the hosts that it changed get their former version back.',
  },
} as const satisfies Sentences
