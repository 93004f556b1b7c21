import { isIP } from 'node:net'
import type { MonitoredHost } from './target'

const HOST = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,249}$/
const CHECK = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,49}$/
const CLASS = /^[A-Za-z0-9_:.-]{1,255}$/
/** The most checks that a host may tell of. */
export const MAX_CHECKS = 200
const MAX_CLASSES = 500

/**
 * Returns the reason why a host may stand in no configuration of a monitoring system; undefined where it may. The rules
 * name what is allowed: letters, digits and a few signs. So no text has a line end, a quote, `;`, `{`, `$` or `!`.
 */
export function refuseHost({ name, address, classes, checks }: MonitoredHost): string | undefined {
  if (!HOST.test(name))
    return 'its name is none for monitoring; expected up to 250 letters, digits, . - and _'
  if (!isAddress(address)) return 'its address is none; expected an IP address or the name of a host'
  if (classes.length > MAX_CLASSES) return `it has more than ${MAX_CLASSES} classes`
  if (!classes.every((each) => CLASS.test(each)))
    return 'a class of it has other signs than letters, digits, _ : . and -'
  if (checks.length > MAX_CHECKS) return `it tells of more than ${MAX_CHECKS} checks`
  if (!checks.every(isCheckName)) return 'a check of it has other signs than letters, digits, . - and _'
  return undefined
}

/** Returns whether a text may be the name of a check, as NRPE names its commands; none begins with a dash. */
export function isCheckName(text: string): boolean {
  return CHECK.test(text)
}

function isAddress(text: string): boolean {
  return HOST.test(text) || (isIP(text) !== 0 && !text.includes('%'))
}
