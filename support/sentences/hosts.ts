import type { Sentences } from './sentence'

const open = () => ({ fixed: false, single: false })

export const hosts = {
  'I want to update hosts with class {class}': {
    keyword: 'Given',
    effect: 'selects hosts',
    details: open,
    help: 'The feature is for the hosts that have this class, or one that a /pattern/ matches.',
  },
  'I want to update hosts with fact {fact}': {
    keyword: 'Given',
    effect: 'selects hosts',
    details: open,
    help: 'The feature is for the hosts with this fact: country=de, and != =~ < > <= >=.',
  },
  'I want to update hosts with identity {identity}': {
    keyword: 'Given',
    effect: 'selects hosts',
    details: ([name = '']) => ({ fixed: !isPattern(name), single: !isPattern(name) }),
    help: 'The feature is for the host of this name, or for those that a /pattern/ matches.',
  },
  'the hosts of environment {environment}': {
    keyword: 'Given',
    effect: 'selects hosts',
    details: () => ({ fixed: true, single: false }),
    help: 'The feature is for the hosts whose row of the inventory has this environment.',
  },
  'I want to update the hosts listed in {file}': {
    keyword: 'Given',
    effect: 'selects hosts',
    details: () => ({ fixed: true, single: false }),
    help: 'The feature is for the hosts of a file, one name a line; each of them is expected.',
  },
  'I want to update the hosts:': {
    keyword: 'Given',
    effect: 'selects hosts',
    details: (_, { rows }) => ({ fixed: true, single: rows === 1 }),
    help: 'The feature is for the hosts in the table below; each of them is expected.',
  },
  'hosts that are not in the inventory are left alone': {
    keyword: 'Given',
    effect: 'leaves strangers alone',
    help: 'A host that answers and is not in the inventory is left out, and fails nothing.',
  },
  'I want to pre-discover how many hosts to update': {
    keyword: 'Given',
    effect: 'discovers hosts',
    help: 'Finds the hosts of the feature now, once and for all of its lines.',
  },
  'there should be at least {count} host(s)': {
    keyword: 'Then',
    effect: 'counts hosts',
    details: () => ({ exactly: undefined }),
    help: 'Fails where fewer hosts are found.',
  },
  'there should be exactly {count} host(s)': {
    keyword: 'Then',
    effect: 'counts hosts',
    details: ([count = '']) => ({ exactly: Number(count) }),
    help: 'Fails where more or fewer hosts are found.',
  },
} as const satisfies Sentences

function isPattern(name: string): boolean {
  return /^\/.+\/$/.test(name)
}
