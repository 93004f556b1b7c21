import type { Sentences } from './sentence'

const running = ([name = '']: readonly string[]) => ({ name, wanted: 'running' }) as const
const stopped = ([name = '']: readonly string[]) => ({ name, wanted: 'stopped' }) as const

export const service = {
  'I start the service {service}': {
    keyword: 'When',
    effect: 'changes service',
    details: ([name = '']) => ({ name, to: 'running' }),
    help: 'The service runs.',
  },
  'I stop the service {service}': {
    keyword: 'When',
    effect: 'changes service',
    details: ([name = '']) => ({ name, to: 'stopped' }),
    help: 'The service does not run.',
  },
  'I restart the service {service}': {
    keyword: 'When',
    effect: 'changes service',
    details: ([name = '']) => ({ name, to: 'running' }),
    help: 'The service runs, and was started anew.',
  },
  'the service {service} should be running': {
    keyword: 'Then',
    effect: 'sees service',
    details: running,
    help: 'Fails where the service does not run.',
  },
  'the service {service} should be stopped': {
    keyword: 'Then',
    effect: 'sees service',
    details: stopped,
    help: 'Fails where the service runs.',
  },
  'the service {service} should be running within {duration}': {
    keyword: 'Then',
    effect: 'sees service',
    details: running,
    help: 'Fails where the service does not run after this time.',
  },
  'the service {service} should be stopped within {duration}': {
    keyword: 'Then',
    effect: 'sees service',
    details: stopped,
    help: 'Fails where the service runs after this time.',
  },
} as const satisfies Sentences
