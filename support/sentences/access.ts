import type { Sentences } from './sentence'

const named = ([user = '', site = '']: readonly string[]) => ({ user, site })
const letIn = (values: readonly string[]) => ({ ...named(values), to: 'let in' }) as const
const shutOut = (values: readonly string[]) => ({ ...named(values), to: 'shut out' }) as const

const letAddressIn = ([address = '', site = '']: readonly string[]) =>
  ({ user: `address ${address}`, site, to: 'let in' }) as const
const shutAddressOut = ([address = '', site = '']: readonly string[]) =>
  ({ user: `address ${address}`, site, to: 'shut out' }) as const

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
  'I let the address {network} in to the site {site}': {
    keyword: 'When',
    effect: 'changes access',
    details: letAddressIn,
    help: 'The web server lets the address or network in; its own test is passed first.',
  },
  'I shut the address {network} out of the site {site}': {
    keyword: 'When',
    effect: 'changes access',
    details: shutAddressOut,
    help: 'The file of the site has neither the address or network nor a part of it.',
  },
  'the address {network} should be let in to the site {site}': {
    keyword: 'Then',
    effect: 'sees access',
    details: letAddressIn,
    help: 'Fails where the file of the site does not let all of it in.',
  },
  'the address {network} should be shut out of the site {site}': {
    keyword: 'Then',
    effect: 'sees access',
    details: shutAddressOut,
    help: 'Fails where the file of the site lets any part of it in.',
  },
} as const satisfies Sentences
