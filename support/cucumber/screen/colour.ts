/**
 * Says that a screen is coloured: never with NO_COLOR; else as FORCE_COLOR wants it, `0` and `false` being no; else where a
 * person looks on. An empty variable says nothing.
 */
export function isColoured(isLively: boolean, env: Readonly<Record<string, string | undefined>>): boolean {
  const { NO_COLOR: no, FORCE_COLOR: force } = env
  if (no !== undefined && no !== '') return false
  if (force !== undefined && force !== '') return force !== '0' && force !== 'false'
  return isLively
}
