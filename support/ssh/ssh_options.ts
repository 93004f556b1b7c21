import type { Clock } from '../system/clock'
import type { SshPool } from './ssh_pool'

/** A host as it is named to ssh, so that the `Host` blocks of ssh_config apply. */
export interface SshTarget {
  host: string
  /** The user to log in as; ssh_config says it otherwise. */
  user?: string
  /** The port of sshd; ssh_config says it otherwise. */
  port?: number
}

/** How hosts are reached; one value serves all hosts of an environment. */
export interface SshOptions {
  clock: Clock
  /** Bounds the ssh processes and the pace of logins, for all hosts together. */
  pool: SshPool
  /** True when commands run as root, by `sudo -n`. */
  sudo?: boolean
  /** The ssh program; `ssh` unless given. */
  program?: string
  /** A file in place of the user's own ssh_config. */
  configFile?: string
  /** More arguments of ssh, before the host, such as `-i` with a key. */
  args?: readonly string[]
  /** Seconds in which a login has to come to its end. */
  connectWithinS?: number
  /** Seconds of silence after which ssh asks the host for a sign of life; after three without one, the connection is lost. */
  aliveEveryS?: number
  /** Milliseconds in which a lost connection is built again, to ask how a program that outlives it has ended. */
  askWithinMs?: number
}

export const CONNECT_WITHIN_S = 15
export const ALIVE_EVERY_S = 10
const MAX_ALIVE_MISSED = 3

/**
 * The line that the user's shell on a host is told, whichever shell that is. A word in it says that there is a shell at all: a
 * program that only looks like one must not read what follows as its own input.
 */
export const HERE = 'lockstep-is-here'
const SHELL = String.raw`sh -c 'printf "\n%s-is-%s\n" lockstep here; exec sh'`

/**
 * Returns the arguments of ssh. What the user's ssh_config says stands, but for what keeps a session without a person from
 * waiting for one, and from trusting a host whose key nobody has checked.
 */
export function sshArguments(target: SshTarget, options: SshOptions): string[] {
  const { host, user, port } = target
  if (host === '' || host.startsWith('-') || /[\s\0]/.test(host))
    throw new Error(`${JSON.stringify(host)} is not a name that ssh can be given`)
  if (user?.startsWith('-')) throw new Error(`${JSON.stringify(user)} is not a user that ssh can be given`)
  const settings = [
    'BatchMode=yes',
    'StrictHostKeyChecking=yes',
    `ConnectTimeout=${options.connectWithinS ?? CONNECT_WITHIN_S}`,
    `ServerAliveInterval=${options.aliveEveryS ?? ALIVE_EVERY_S}`,
    `ServerAliveCountMax=${MAX_ALIVE_MISSED}`,
    'LogLevel=ERROR',
    'ClearAllForwardings=yes',
    'PermitLocalCommand=no',
    'RemoteCommand=none',
    'RequestTTY=no',
  ]
  return [
    '-T',
    ...(options.configFile === undefined ? [] : ['-F', options.configFile]),
    ...settings.flatMap((setting) => ['-o', setting]),
    ...(user === undefined ? [] : ['-l', user]),
    ...(port === undefined ? [] : ['-p', String(port)]),
    ...(options.args ?? []),
    '--',
    host,
    options.sudo === true ? `exec sudo -n ${SHELL}` : `exec ${SHELL}`,
  ]
}
