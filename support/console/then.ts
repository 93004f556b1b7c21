const MAX_THEN = 1_024
/** The paths that no one wants to come back to. */
const OWN = /^\/(?:login|logout)(?:\/|$)/

/** Returns the path to go to after a login: one of this console, or else its first page. */
export function safeThen(wanted: string | null | undefined): string {
  if (wanted === null || wanted === undefined || wanted.length > MAX_THEN) return '/'
  // Browsers take a backslash for a slash, and forget tabs and newlines: two slashes would begin another host.
  if (!/^\/(?![/\\])[!-[\]-~]*$/.test(wanted)) return '/'
  const base = 'http://console.invalid'
  if (!URL.canParse(wanted, base)) return '/'
  const { origin, pathname, search } = new URL(wanted, base)
  return origin !== base || pathname.startsWith('//') || OWN.test(pathname) ? '/' : `${pathname}${search}`
}
