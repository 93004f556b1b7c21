type Env = Readonly<Record<string, string | undefined>>

/**
 * Returns whether a screen is coloured. With NO_COLOR it never is; else it is as FORCE_COLOR wants it, `0` and `false`
 * being no. Without either, a screen is coloured where a person looks on, and in the logs of CI that show colours. An
 * empty variable says nothing.
 */
export function isColoured(isLively: boolean, env: Env): boolean {
  const { NO_COLOR: no, FORCE_COLOR: force } = env
  if (no !== undefined && no !== '') return false
  if (force !== undefined && force !== '') return force !== '0' && force !== 'false'
  return isLively || env['GITHUB_ACTIONS'] === 'true' || env['GITLAB_CI'] === 'true'
}

/** Returns whether a stream is a terminal that can be drawn over, and a person looks on: in CI there is none. */
export function isLively({ isTTY }: { isTTY?: boolean }, env: Env): boolean {
  return isTTY === true && env['CI'] === undefined && env['TERM'] !== 'dumb'
}
