import type { Sentences } from './sentence'

export const rehearsal = {
  'these faults are rehearsed:': {
    keyword: 'Given',
    effect: 'lists faults',
    help: 'The table says what may go wrong, in a scenario that is tagged @rehearse.',
  },
} as const satisfies Sentences
