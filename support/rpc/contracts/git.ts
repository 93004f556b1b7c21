import { mutating, readOnly, optional, type Contract } from './contract'
import { commitId, repositoryName, tagName } from './rules'

const repository = { repository: repositoryName }

const served = {
  commit: 'The commit that is served; nothing where none is',
  whole: 'Whether its deploy came to its end, the post script with it',
  unchanged: 'Whether its files are those of the commit; nothing where no commit is served',
}
const known = {
  tag: 'The tag as which that commit was deployed',
  changes: 'Files that differ from the commit, the first ones',
  problem: 'What keeps the host from being well, in words',
  before: 'The commit that was served before',
  tag_commit: 'The commit of the tag that was asked about; nothing where the host does not have the tag',
  server_commit: 'The commit of that tag on the server, when the host last fetched',
  fetched_at: 'When the host last fetched, seconds since 1970',
  url: 'Where the host fetches from, without a password',
}

/** The most tags that a host tells at once, the newest. */
export const MAX_TAGS_TOLD = 500

/**
 * The contract of a host's repositories. A message names a repository, a tag and a commit id. URL, folder, user and
 * scripts are in the host's own configuration, and nowhere else.
 */
export const git = {
  agent: 'git',
  description: 'Fetches tags of configured repositories, deploys them, and tells what is served',
  timeout: 180,
  actions: {
    tags: readOnly('Tells the tags that the host has, with their commits, or one of them', {
      inputs: { ...repository, tag: optional(tagName) },
      outputs: { tags: 'The commit of each tag, the newest tags', count: 'How many tags there are' },
      also: { fetched_at: known.fetched_at, url: known.url },
    }),
    status: readOnly('Tells which commit is served, and whether the host has a tag', {
      inputs: { ...repository, tag: optional(tagName) },
      outputs: served,
      also: known,
    }),
    fetch: mutating('Fetches the tags, and takes none that has moved', {
      inputs: { ...repository, tag: optional(tagName), accept: optional(commitId) },
      also: {
        fetched_at: known.fetched_at,
        tag_commit: known.tag_commit,
        added: 'Tags that are new on the host, the first ones',
        moved: 'Tags that are at another commit on the server, and were not taken; the first ones',
        ignored: 'How many tags of the server have a name that is not accepted',
        url: known.url,
      },
    }),
    deploy: mutating('Serves a tag, if it is at this commit: pre script, one rename, post script', {
      inputs: { ...repository, tag: tagName, commit: commitId },
      also: {
        ...served,
        ...known,
        ran: 'Whether anything was done',
        output: 'The last lines of the script that failed',
      },
    }),
  },
} as const satisfies Contract
