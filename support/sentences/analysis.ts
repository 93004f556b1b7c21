import type { Sentences } from './sentence'

export const analysis = {
  'the metric {query} should stay below {level} for {duration}': {
    keyword: 'Then',
    effect: 'sees metric',
    help: 'Fails where Prometheus has as much at any second of this time, or no value.',
  },
  'the metric {query} should stay above {level} for {duration}': {
    keyword: 'Then',
    effect: 'sees metric',
    help: 'Fails where Prometheus has as little at any second of this time, or no value.',
  },
  'the metric {query} should stay at {level} for {duration}': {
    keyword: 'Then',
    effect: 'sees metric',
    help: 'Fails where Prometheus has another value at any second of this time, or none.',
  },
  'the url {url} should answer {status} within {duration}': {
    keyword: 'Then',
    effect: 'sees url',
    help: 'Fails where the control host gets no such answer up to this time.',
  },
} as const satisfies Sentences
