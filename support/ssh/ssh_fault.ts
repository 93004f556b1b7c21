/** Why a host cannot be reached by ssh, or cannot be worked on. */
export const SSH_FAULTS = [
  'host-key-changed',
  'host-key-unknown',
  'permission-denied',
  'sudo-password',
  'sudo-absent',
  'sudo-terminal',
  'sudo-refused',
  'name-unknown',
  'no-route',
  'refused',
  'too-slow',
  'dropped',
  'lost',
  'no-shell',
  'tool-missing',
  'no-folder',
  'bad-setting',
  'no-ssh',
  'closed',
  'other',
] as const

export type SshFaultKind = (typeof SSH_FAULTS)[number]

/**
 * A host that cannot be reached by ssh, or worked on. `message` is a sentence without the host's name, since it is shown beside
 * that name: what was wrong, and what to do next.
 */
export class SshFault extends Error {
  override readonly name = 'SshFault'

  constructor(
    readonly kind: SshFaultKind,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options)
  }
}
