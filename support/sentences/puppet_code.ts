import type { Sentences } from './sentence'

/** The sentences about puppet code that is packed with an application, and needs no master. */
export const puppetCode = {
  'I apply the puppet code': {
    keyword: 'When',
    effect: 'runs puppet',
    help: 'Applies the code that is packed with the application, without a master; up to 30 minutes.',
  },
  'I apply the puppet code of {application}': {
    keyword: 'When',
    effect: 'runs puppet',
    help: 'Applies the code of one application, where hosts have that of several.',
  },
  'I apply the puppet code in noop': {
    keyword: 'When',
    effect: 'runs puppet in noop',
    help: 'Puppet tells what the packed code would change, and changes nothing; up to 30 minutes.',
  },
  'I apply the puppet code of {application} in noop': {
    keyword: 'When',
    effect: 'runs puppet in noop',
    help: 'Puppet tells what the code of one application would change, and changes nothing.',
  },
  'the modules deployed should be those of the Puppetfile': {
    keyword: 'Then',
    effect: 'sees puppet modules',
    help: 'Fails where a module of the packed code is missing, of another version, or not in its Puppetfile.',
  },
  'the modules deployed for {application} should be those of the Puppetfile': {
    keyword: 'Then',
    effect: 'sees puppet modules',
    help: 'Fails where one application’s modules are others than its Puppetfile says.',
  },
} as const satisfies Sentences
