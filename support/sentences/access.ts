import type { Sentences } from './sentence'

const named = ([user = '', site = '']: readonly string[]) => ({ user, site })
const letIn = (values: readonly string[]) => ({ ...named(values), to: 'let in' }) as const
const shutOut = (values: readonly string[]) => ({ ...named(values), to: 'shut out' }) as const

export const access = {
  'I let the user {user} in to the site {site} with:': {
    keyword: 'When',
    effect: 'changes access',
    details: letIn,
    help: 'The user gets in with the password of the table below: a secret variable.',
  },
  'I shut the user {user} out of the site {site}': {
    keyword: 'When',
    effect: 'changes access',
    details: shutOut,
    help: 'The password file of the site has no line of the user.',
  },
  'the user {user} should be let in to the site {site}': {
    keyword: 'Then',
    effect: 'sees access',
    details: letIn,
    help: 'Fails where the password file of the site does not let the user in.',
  },
  'the user {user} should be let in to the site {site} with:': {
    keyword: 'Then',
    effect: 'sees access',
    details: letIn,
    help: 'Fails where the user does not get in with the password of the table below.',
  },
  'the user {user} should be shut out of the site {site}': {
    keyword: 'Then',
    effect: 'sees access',
    details: shutOut,
    help: 'Fails where the password file has the user, in upper or lower case.',
  },
} as const satisfies Sentences
