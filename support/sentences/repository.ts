import type { Sentences } from './sentence'

export const repository = {
  'the repository {repository}': {
    keyword: 'Given',
    effect: 'names repository',
    details: ([name = '']) => ({ name }),
    help: 'The lines after it are about this repository of the hosts’ configuration.',
  },
  'the tag {tag}': {
    keyword: 'Given',
    effect: 'names tag',
    details: ([tag = '']) => ({ tag }),
    help: 'The lines after it are about this tag, at the commit that all hosts have.',
  },
  'every host should have the tag': {
    keyword: 'Then',
    effect: 'sees tag',
    help: 'Fails where a host lacks the tag, or has it at another commit than others.',
  },
  'the tag should have passed its tests': {
    keyword: 'Then',
    effect: 'expects tests',
    help: 'Goes on where the pipeline has the commit that all hosts have as tested and passed.',
  },
  'I fetch the repository': {
    keyword: 'When',
    effect: 'fetches tags',
    help: 'The hosts have the tags of the server, but for those that have moved there.',
  },
  'I deploy the tag': {
    keyword: 'When',
    effect: 'deploys tag',
    help: 'The hosts serve the tag: pre script, one rename, post script.',
  },
  'the deployed tag should be {tag}': {
    keyword: 'Then',
    effect: 'sees deployed tag',
    details: ([tag = '']) => ({ tag }),
    help: 'Fails where a host serves another commit, changed files, or half a deploy.',
  },
  'the working tree should be unchanged': {
    keyword: 'Then',
    effect: 'sees working tree',
    help: 'Fails where files that a host serves are not those of their commit.',
  },
} as const satisfies Sentences
