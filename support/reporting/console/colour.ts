/**
 * Returns whether a screen is coloured. With NO_COLOR it never is; else it is as FORCE_COLOR wants it, `0` and `false`
 * being no. Without either, a screen is coloured where a person looks on. An empty variable says nothing.
 */
export function isColoured(isLively: boolean, env: Readonly<Record<string, string | undefined>>): boolean {
  const { NO_COLOR: no, FORCE_COLOR: force } = env
  if (no !== undefined && no !== '') return false
  if (force !== undefined && force !== '') return force !== '0' && force !== 'false'
  return isLively
}
