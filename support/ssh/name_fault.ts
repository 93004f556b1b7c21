import { SshFault, type SshFaultKind } from './ssh_fault'

/** How an ssh process came to its end before the host's shell said a word. */
export interface FailedLogin {
  /** What ssh, sudo and the host's shell printed as errors. */
  errors: string
  /** What the host printed: of interest where its shell is none. */
  noise: string
  exitCode: number | undefined
  /** Seconds that the login had. */
  withinS: number
}

interface Named {
  kind: SshFaultKind
  pattern: RegExp
  sentence: (found: RegExpExecArray, login: FailedLogin) => string
}

/** What ssh 9.2, sudo 1.9 and shells print, as seen; the first that fits counts. */
const NAMED: readonly Named[] = [
  {
    kind: 'host-key-changed',
    pattern:
      /REMOTE HOST IDENTIFICATION HAS CHANGED|(?:host key) for .* has changed and you have requested strict/i,
    sentence: (_, { errors }) => {
      const print = /fingerprint for the (\S+) key sent by the remote host is\s+(\S+?)\.?\s/.exec(errors)
      const line = /^(?:Offending .* in|Offending key for IP in) (.+)$/m.exec(errors)?.[1]?.trim()
      return `its host key has changed${print === null ? '' : `, to ${print[1] ?? ''} ${print[2] ?? ''}`}; it is not trusted. If this host is new or was set up anew, compare the fingerprint on the host (ssh-keygen -lf) and remove the old key${line === undefined ? '' : ` (${line})`}`
    },
  },
  {
    kind: 'host-key-changed',
    pattern: /REVOKED HOST KEY DETECTED|is marked as revoked/i,
    sentence: () => 'its host key is revoked, and it is not trusted; see known_hosts',
  },
  {
    kind: 'host-key-unknown',
    pattern: /No (\S+) host key is known for|Host key verification failed/,
    sentence: () =>
      'its host key is not known here; add it to known_hosts: log in once with ssh, or take the key from ssh-keyscan and compare its fingerprint on the host',
  },
  {
    kind: 'sudo-terminal',
    pattern: /sudo: .*must have a tty to run sudo/,
    sentence: () =>
      "sudo wants a terminal; add 'Defaults:USER !requiretty' to sudoers for the user that logs in",
  },
  {
    kind: 'sudo-password',
    pattern: /sudo: (?:a password is required|interactive authentication is required)/,
    sentence: () =>
      'sudo asks for a password; allow the user that logs in to run sh with NOPASSWD in sudoers, or log in as root',
  },
  {
    kind: 'sudo-refused',
    pattern: /(?:is not in the sudoers file|is not allowed to (?:execute|run)|may not run sudo)/,
    sentence: () => 'sudo does not allow the user that logs in to run sh as root; see sudoers',
  },
  {
    kind: 'sudo-absent',
    pattern:
      /sudo\b.{0,40}(?:not found|No such file|Command not found|Unknown command)|Unknown command:? .?sudo/i,
    sentence: () => 'it has no sudo; install it, or log in as root',
  },
  {
    kind: 'permission-denied',
    pattern:
      /Permission denied(?: \(([^)]+)\))?|Too many authentication failures|No more authentication methods/,
    sentence: ([, ways]) =>
      `it does not let the user log in${ways === undefined ? '' : ` (it takes: ${ways})`}; nobody is asked for a password here: give ssh a key that the host has in authorized_keys`,
  },
  {
    kind: 'name-unknown',
    pattern: /Could not resolve hostname (\S+): (.+)/,
    sentence: ([, name, why]) => `the name ${name ?? ''} is not known here: ${(why ?? '').trim()}`,
  },
  {
    kind: 'too-slow',
    pattern:
      /(?:Connection timed out|Operation timed out|timed out during banner exchange|Connection to \S+ port \d+ timed out)/,
    sentence: (_, { withinS }) => `it has not answered to ssh within ${withinS} s`,
  },
  {
    kind: 'no-route',
    pattern: /No route to host|Network is unreachable|Host is down/,
    sentence: ([why]) => `there is no way to it: ${why}`,
  },
  {
    kind: 'refused',
    pattern: /Connection refused/,
    sentence: () => 'it refuses the connection: no sshd listens there',
  },
  {
    kind: 'dropped',
    pattern:
      /kex_exchange_identification|ssh_exchange_identification|Connection (?:reset|closed) by|Not allowed at this time|Exceeded MaxStartups|stdio forwarding failed|Broken pipe/,
    sentence: () =>
      'its sshd, or that of a jump host, drops the connection before the login; see MaxStartups and the log of sshd',
  },
  {
    kind: 'bad-setting',
    pattern:
      /(?:Bad configuration option.*|terminating, \d+ bad configuration options|Can't open user config file.*|Bad owner or permissions on .*|Unsupported option.*|no argument after keyword.*|Bad number .*)/,
    sentence: ([why]) => `ssh does not understand its settings: ${why.trim()}`,
  },
]

const MAX_QUOTED = 200

/** Returns why a login has failed, in a sentence that says what to do next. */
export function nameFault(login: FailedLogin): SshFault {
  const { errors, noise, exitCode } = login
  for (const { kind, pattern, sentence } of NAMED) {
    const found = pattern.exec(errors)
    if (found !== null) return new SshFault(kind, sentence(found, login))
  }
  const last = lastLine(errors)
  if (exitCode === 255)
    return new SshFault('other', `ssh cannot log in: ${last === '' ? 'it gives no reason' : last}`)
  const said = [last, lastLine(noise)].filter(Boolean).join(' · ')
  return new SshFault(
    'no-shell',
    `the user that logs in has no shell that runs sh${said === '' ? '' : `; it says: ${said}`}. Give it one, or log in as another user`,
  )
}

function lastLine(text: string): string {
  const lines = text.replaceAll(/[^\P{Cc}\n]/gu, ' ').split('\n')
  return (lines.findLast((line) => line.trim() !== '') ?? '').trim().slice(0, MAX_QUOTED)
}
