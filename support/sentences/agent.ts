import type { Sentences } from './sentence'

const named = ([, agent = '']: readonly string[]) => ({ agent })

export const agent = {
  'I run the action {word} of the agent {word}': {
    keyword: 'When',
    effect: 'runs action',
    details: named,
    help: 'Runs an action of any agent on the hosts, once; it is taken to change something.',
  },
  'I run the action {word} of the agent {word} with:': {
    keyword: 'When',
    effect: 'runs action',
    details: named,
    help: 'Runs an action of any agent, once, with the inputs of the table below.',
  },
  'the action {word} of the agent {word} should answer {word} {string}': {
    keyword: 'Then',
    effect: 'sees action',
    details: named,
    help: 'Fails where a host answers another value under this name.',
  },
  'the action {word} of the agent {word} should answer {word} {string} with:': {
    keyword: 'Then',
    effect: 'sees action',
    details: named,
    help: 'Fails where a host answers another value under this name, asked with these inputs.',
  },
  'every host should answer': {
    keyword: 'Then',
    effect: 'sees answers',
    help: 'Fails where a host of the feature does not answer a ping.',
  },
} as const satisfies Sentences
