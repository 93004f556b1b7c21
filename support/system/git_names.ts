/** Matches the id of a commit or a tag object: 40 hexadecimal digits, or 64 where a repository has SHA-256. */
export const OBJECT_ID = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/

/** Matches the name of a repository, as configurations have it. */
export const REPOSITORY_NAME = /^[a-z0-9][a-z0-9_-]{0,63}$/

/** Returns the beginning of an id, as people are shown it. */
export function shortId(id: string): string {
  return id.slice(0, SHORT_ID)
}

const SHORT_ID = 12
