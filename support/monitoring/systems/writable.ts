import { isIP } from 'node:net'
import type { MonitoredHost } from './target'

/** A file of a host has its name, and the name of an unfinished file is longer: 255 bytes is the most that there may be. */
const HOST = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,199}$/
const CHECK = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,49}$/
const CLASS = /^[A-Za-z0-9_:.-]{1,255}$/
/** The word by which Nagios takes a value away: an object that is named so has no name, and Nagios refuses all of them. */
const NOTHING = 'null'
/** The most checks that a host may tell of. */
export const MAX_CHECKS = 200
const MAX_CLASSES = 500

/**
 * Returns the reason why a host may stand in no configuration of a monitoring system; undefined where it may. The rules
 * name what is allowed: letters, digits and a few signs. So no text has a line end, a quote, `;`, `{`, `$` or `!`.
 */
export function refuseHost({ name, address, classes, checks }: MonitoredHost): string | undefined {
  if (!HOST.test(name) || name === NOTHING)
    return 'its name is none for monitoring; expected up to 200 letters, digits, . - and _, and not null'
  if (!isAddress(address)) return 'its address is none; expected an IP address or the name of a host'
  if (classes.length > MAX_CLASSES) return `it has more than ${MAX_CLASSES} classes`
  if (!classes.every((each) => CLASS.test(each)))
    return 'a class of it has other signs than letters, digits, _ : . and -'
  if (checks.length > MAX_CHECKS) return `it tells of more than ${MAX_CHECKS} checks`
  if (!checks.every(isCheckName))
    return 'a check of it is null, or has other signs than letters, digits, . - and _'
  return undefined
}

/** Returns whether a text may be the name of a check, as NRPE names its commands; none begins with a dash, or is `null`. */
export function isCheckName(text: string): boolean {
  return CHECK.test(text) && text !== NOTHING
}

function isAddress(text: string): boolean {
  return (HOST.test(text) && text !== NOTHING) || (isIP(text) !== 0 && !text.includes('%'))
}
