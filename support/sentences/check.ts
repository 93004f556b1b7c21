import type { Sentences } from './sentence'

export const check = {
  'the check {check} should be ok': {
    keyword: 'Then',
    effect: 'sees check',
    help: 'Fails where the Nagios check is not OK.',
  },
  'the check {check} should be ok or warning': {
    keyword: 'Then',
    effect: 'sees check',
    help: 'Fails where the Nagios check is neither OK nor WARNING.',
  },
  'the check {check} should be ok within {duration}': {
    keyword: 'Then',
    effect: 'sees check',
    help: 'Fails where the Nagios check is not OK after this time.',
  },
  'the check {check} should be ok or warning within {duration}': {
    keyword: 'Then',
    effect: 'sees check',
    help: 'Fails where the Nagios check is neither OK nor WARNING after this time.',
  },
  'the check {check} should be ok for {count} checks in a row': {
    keyword: 'Then',
    effect: 'sees check',
    help: 'Fails where the Nagios check is not OK so many times, one after the other.',
  },
} as const satisfies Sentences
