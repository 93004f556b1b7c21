import type { Sentences } from './sentence'

/** The sentences about puppet code that is packed with an application, and needs no master. */
export const puppetCode = {
  'I apply the puppet code': {
    keyword: 'When',
    effect: 'runs puppet',
    help: 'Applies the code that is packed with the application; no master is asked.',
  },
  'I apply the puppet code of {application}': {
    keyword: 'When',
    effect: 'runs puppet',
    help: 'Applies the code of one application, where hosts have several.',
  },
  'I apply the puppet code in noop': {
    keyword: 'When',
    effect: 'runs puppet in noop',
    help: 'Puppet tells what the packed code would change, and changes nothing.',
  },
  'I apply the puppet code of {application} in noop': {
    keyword: 'When',
    effect: 'runs puppet in noop',
    help: 'Puppet tells what the code of one application would change.',
  },
  'the modules deployed should be those of the Puppetfile': {
    keyword: 'Then',
    effect: 'sees puppet modules',
    help: 'Fails where a module is missing, another one, or not in the Puppetfile.',
  },
  'the modules deployed for {application} should be those of the Puppetfile': {
    keyword: 'Then',
    effect: 'sees puppet modules',
    help: 'Fails where the modules of one application are not as it says.',
  },
} as const satisfies Sentences
