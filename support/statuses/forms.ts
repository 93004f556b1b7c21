import type { StatusSettings } from '../config/status_setting'
import type { CommitStatus } from './commit_status'

/** The request to a server that shows statuses. */
export interface StatusRequest {
  url: string
  headers: Readonly<Record<string, string>>
  body: string
}

/** The most characters of a description: GitHub refuses longer ones. */
const MAX_DESCRIPTION = 140

/**
 * Returns the request that shows a status, in the form of the documentation of each server. Each keeps what it is told by
 * commit and name, and shows the last.
 */
export function requestOf(
  settings: StatusSettings,
  { commit, state, description }: CommitStatus,
): StatusRequest {
  const { kind, api, repository, token, context } = settings
  const told = { description: cut(description) }
  switch (kind) {
    case 'github':
      return {
        url: `${api}/repos/${repository}/statuses/${commit}`,
        headers: {
          authorization: `Bearer ${token}`,
          accept: 'application/vnd.github+json',
          'x-github-api-version': '2022-11-28',
          'user-agent': 'lockstep',
        },
        body: JSON.stringify({ state: ON_GITHUB[state], context, ...told }),
      }
    case 'gitea':
      return {
        url: `${api}/repos/${repository}/statuses/${commit}`,
        headers: { authorization: `token ${token}` },
        body: JSON.stringify({ state: ON_GITHUB[state], context, ...told }),
      }
    case 'gitlab':
      return {
        url: `${api}/projects/${encodeURIComponent(repository)}/statuses/${commit}`,
        headers: { 'private-token': token },
        body: JSON.stringify({ state: ON_GITLAB[state], name: context, ...told }),
      }
  }
}

const ON_GITHUB = { pending: 'pending', succeeded: 'success', failed: 'failure' } as const
const ON_GITLAB = { pending: 'pending', succeeded: 'success', failed: 'failed' } as const

function cut(text: string): string {
  const characters = [...text]
  return characters.length > MAX_DESCRIPTION ? `${characters.slice(0, MAX_DESCRIPTION - 1).join('')}…` : text
}
